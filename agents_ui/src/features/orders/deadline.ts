import type { OrderView } from '../../api/types';

/** Green, amber, red: how an order stands to its next deadline. `none`: nothing runs. */
export type Age = 'fresh' | 'near' | 'late' | 'none';
export type Due = 'accept' | 'arrive' | 'finish';

const SEEKING = ['requested', 'offered'];
const BEFORE_DOOR = ['accepted', 'en_route', 'no_answer'];
/** The last quarter of the time is near, and at most an hour of it. */
const NEAR_SHARE = 0.25;
const NEAR_MOST = 60 * 60_000;

/** What is due next; null: nothing that a clock runs for. */
export function dueOf(order: Pick<OrderView, 'state' | 'due_at'>): Due | null {
  if (order.due_at === null) return null;
  if (SEEKING.includes(order.state)) return 'accept';
  if (BEFORE_DOOR.includes(order.state)) return 'arrive';
  return order.state === 'in_service' ? 'finish' : null;
}

export function ageOf(
  order: Pick<OrderView, 'state' | 'due_at' | 'requested_at' | 'attention' | 'waits_until'>,
  now: number,
): Age {
  if (order.attention !== '') return 'late';
  if (order.due_at === null || dueOf(order) === null) return 'none';
  const due = Date.parse(order.due_at);
  if (due <= now) return 'late';
  const from = order.requested_at === null ? now : Date.parse(order.requested_at);
  const near = Math.min(NEAR_MOST, Math.max(0, due - from) * NEAR_SHARE);
  return due - now <= near ? 'near' : 'fresh';
}
