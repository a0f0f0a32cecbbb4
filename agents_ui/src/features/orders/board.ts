import type { OrderState, OrderView } from '../../api/types';
import { ageOf } from './deadline';

export interface Filter {
  find: string;
  class: string | null;
  category: string | null;
  community: string | null;
  store: string | null;
  attention: string | null;
}

export const NO_FILTER: Filter = {
  find: '',
  class: null,
  category: null,
  community: null,
  store: null,
  attention: null,
};

export const isFiltered = (filter: Filter): boolean =>
  Object.values(filter).some((value) => value !== null && value !== '');

/** The gravest reason first: somebody may lie behind a door, nobody comes, then papers. */
const GRAVITY = [
  'no_answer',
  'nobody',
  'expired',
  'refused',
  'store_suspended',
  'late',
  'tell_store',
  'code_locked',
  'disputed',
  'proof',
  'price',
];
const CLASSES = ['E0', 'U1', 'U2', 'N1', 'N2', 'PLAN'];
const rank = (list: readonly string[], one: string): number => {
  const at = list.indexOf(one);
  return at < 0 ? list.length : at;
};
const time = (iso: string | null): number => (iso === null ? Number.MAX_SAFE_INTEGER : Date.parse(iso));

export function needsAttention(orders: readonly OrderView[]): OrderView[] {
  return orders
    .filter((order) => order.attention !== '')
    .sort(
      (a, b) =>
        rank(CLASSES, a.sla_class) - rank(CLASSES, b.sla_class) ||
        rank(GRAVITY, a.attention) - rank(GRAVITY, b.attention) ||
        time(a.requested_at) - time(b.requested_at),
    );
}

/** What is due first stands first; what nobody waits for by the clock comes last, the oldest first. */
export function byDeadline(orders: readonly OrderView[]): OrderView[] {
  return [...orders].sort(
    (a, b) => time(a.due_at) - time(b.due_at) || time(a.requested_at) - time(b.requested_at) || (a.id < b.id ? -1 : 1),
  );
}

export function matches(order: OrderView, filter: Filter): boolean {
  const find = filter.find.trim().toLowerCase();
  const words = [order.number, order.store_name, order.place, ...order.lines.flatMap((line) => [line.name, line.code])];
  return (
    (find === '' || words.some((one) => one.toLowerCase().includes(find))) &&
    (filter.class === null || order.sla_class === filter.class) &&
    (filter.category === null || order.lines.some((line) => line.category === filter.category)) &&
    (filter.community === null || order.community_id === filter.community) &&
    (filter.store === null || order.store_id === filter.store) &&
    (filter.attention === null || order.attention === filter.attention)
  );
}

export interface Choice {
  value: string;
  label: string;
}

/** What there is to filter by, of the orders at hand, by name. */
export function choicesOf(orders: readonly OrderView[], of: (order: OrderView) => Choice | null): Choice[] {
  const found = new Map<string, string>();
  for (const order of orders) {
    const one = of(order);
    if (one !== null) found.set(one.value, one.label);
  }
  return [...found].map(([value, label]) => ({ value, label })).sort((a, b) => a.label.localeCompare(b.label, 'zh'));
}

/** Columns of the board; each holds the states that look alike to who watches. */
export const COLUMNS: { key: OrderState; states: OrderState[] }[] = [
  { key: 'requested', states: ['draft', 'requested', 'offered', 'rejected', 'expired', 'rework'] },
  { key: 'accepted', states: ['accepted'] },
  { key: 'en_route', states: ['en_route', 'no_answer'] },
  { key: 'in_service', states: ['in_service'] },
  { key: 'done', states: ['done', 'disputed'] },
  { key: 'verified', states: ['verified'] },
];

export function inColumns(orders: readonly OrderView[]): { key: OrderState; orders: OrderView[] }[] {
  return COLUMNS.map(({ key, states }) => ({
    key,
    orders: byDeadline(orders.filter((one) => states.includes(one.state))),
  }));
}

export interface CommunityCount {
  id: string;
  name: string;
  live: number;
  late: number;
}

export function byCommunity(orders: readonly OrderView[], now: number): CommunityCount[] {
  const found = new Map<string, CommunityCount>();
  for (const order of orders) {
    const one = found.get(order.community_id) ?? { id: order.community_id, name: order.place, live: 0, late: 0 };
    one.live += 1;
    if (ageOf(order, now) === 'late') one.late += 1;
    found.set(order.community_id, one);
  }
  return [...found.values()];
}
