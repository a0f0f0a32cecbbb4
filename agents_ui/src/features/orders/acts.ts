import { api, unwrap } from '../../api/client';
import type { OrderDetail } from '../../api/types';

export type Act =
  | 'ask_again'
  | 'assign'
  | 'take_back'
  | 'change'
  | 'cancel'
  | 'rework'
  | 'dispute'
  | 'verify'
  | 'proof'
  | 'service_code'
  | 'no_answer';

/** In the order in which they are offered. */
export const ACTS: Act[] = [
  'ask_again',
  'assign',
  'change',
  'take_back',
  'no_answer',
  'proof',
  'verify',
  'service_code',
  'rework',
  'dispute',
  'cancel',
];

/** What may be done now, and what may not with why; what this person never may is in neither. */
export function splitActs(acts: Readonly<Record<string, string>>): {
  now: Act[];
  hindered: { act: Act; why: string }[];
} {
  const known = ACTS.filter((act) => acts[act] !== undefined);
  return {
    now: known.filter((act) => acts[act] === ''),
    hindered: known.filter((act) => acts[act] !== '').map((act) => ({ act, why: acts[act] ?? '' })),
  };
}

/** What suggests itself first, by why the order needs somebody; the rest behind. */
const FIRST: Record<string, Act[]> = {
  nobody: ['assign', 'ask_again'],
  refused: ['assign', 'ask_again'],
  expired: ['ask_again', 'assign'],
  late: ['take_back'],
  no_answer: ['cancel'],
  proof: ['proof', 'verify'],
  code_locked: ['service_code'],
  disputed: ['verify', 'rework'],
  store_suspended: ['take_back'],
};

export function prominent(order: Pick<OrderDetail, 'attention' | 'acts'>): Act[] {
  const { now } = splitActs(order.acts);
  const first = (FIRST[order.attention] ?? []).filter((act) => now.includes(act));
  return [...first, ...now.filter((act) => !first.includes(act))];
}

export interface Filled {
  reason: string;
  why: string;
  sameStore: boolean;
  phase: 'in' | 'out';
  from: string;
  notes: string;
}

/** Sends an act; the whole order comes back. `service_code` has a way of its own: its answer is the code. */
export function send(
  order: OrderDetail,
  act: Exclude<Act, 'assign' | 'service_code'>,
  filled: Filled,
): Promise<OrderDetail> {
  const params = { path: { order_id: order.id } };
  const version = order.version;
  const reason = filled.reason.trim();
  switch (act) {
    case 'ask_again':
      return unwrap(api.POST('/api/orders/{order_id}/ask-again', { params, body: { version } }));
    case 'no_answer':
      return unwrap(api.POST('/api/orders/{order_id}/no-answer', { params, body: { version } }));
    case 'take_back':
      return unwrap(api.POST('/api/orders/{order_id}/take-back', { params, body: { version, reason } }));
    case 'dispute':
      return unwrap(api.POST('/api/orders/{order_id}/dispute', { params, body: { version, reason } }));
    case 'verify':
      return unwrap(api.POST('/api/orders/{order_id}/verify', { params, body: { version, reason } }));
    case 'rework':
      return unwrap(
        api.POST('/api/orders/{order_id}/rework', { params, body: { version, reason, same_store: filled.sameStore } }),
      );
    case 'proof':
      return unwrap(
        api.POST('/api/orders/{order_id}/proof', { params, body: { version, phase: filled.phase, note: reason } }),
      );
    case 'cancel':
      return unwrap(
        api.POST('/api/orders/{order_id}/cancel', {
          params,
          body: { version, why: filled.why as 'elder', note: reason },
        }),
      );
    case 'change': {
      const when =
        filled.from === ''
          ? {}
          : {
              wanted_from: filled.from,
              wanted_to: new Date(Date.parse(filled.from) + 60 * 60_000).toISOString(),
            };
      const notes = filled.notes.trim() === order.notes ? {} : { notes: filled.notes.trim() };
      return unwrap(api.POST('/api/orders/{order_id}/change', { params, body: { version, ...when, ...notes } }));
    }
  }
}
