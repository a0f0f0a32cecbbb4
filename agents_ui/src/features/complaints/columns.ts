import type { Complaint, ComplaintState } from './queries';

export type ColumnKey = 'opened' | 'acknowledged' | 'solved' | 'over';

export const COLUMNS: { key: ColumnKey; states: readonly ComplaintState[] }[] = [
  { key: 'opened', states: ['opened'] },
  { key: 'acknowledged', states: ['acknowledged'] },
  { key: 'solved', states: ['solved'] },
  { key: 'over', states: ['confirmed', 'withdrawn'] },
];

const time = (iso: string | null): number => (iso === null ? Number.MAX_SAFE_INTEGER : Date.parse(iso));

/** What is due first stands first; of those that are over the one that ended last. */
export function inColumns(complaints: readonly Complaint[]): { key: ColumnKey; complaints: Complaint[] }[] {
  return COLUMNS.map(({ key, states }) => {
    const here = complaints.filter((one) => states.includes(one.state));
    here.sort((a, b) =>
      key === 'over'
        ? time(b.ended_at) - time(a.ended_at)
        : time(a.due_at) - time(b.due_at) || time(a.opened_at) - time(b.opened_at),
    );
    return { key, complaints: here };
  });
}

export interface Left {
  kind: 'none' | 'far' | 'left' | 'near' | 'late';
  /** Until then, or since then. */
  ms: number;
}

const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
const NEAR_MS = { acknowledge: HOUR_MS / 4, solve: 4 * HOUR_MS };

/** What is left until somebody must have taken or solved it; nothing while it waits for her word. */
export function leftOf({ waits_for, due_at }: Pick<Complaint, 'waits_for' | 'due_at'>, now: number): Left {
  if (waits_for === null || due_at === null) return { kind: 'none', ms: 0 };
  const left = Date.parse(due_at) - now;
  if (left < 0) return { kind: 'late', ms: -left };
  if (left > DAY_MS) return { kind: 'far', ms: left };
  return { kind: left <= NEAR_MS[waits_for] ? 'near' : 'left', ms: left };
}

export interface Acts {
  take: boolean;
  solve: boolean;
  answer: boolean;
  withdraw: boolean;
  assign: boolean;
  close: boolean;
}

/** What the reader may do with it as it stands. What she may not is not shown. */
export function actsOf(
  complaint: Pick<Complaint, 'state' | 'handler_id' | 'elder_id' | 'whole' | 'concerned'>,
  reader: { id: string; works: boolean; decides: boolean },
): Acts {
  const { state, handler_id: handler } = complaint;
  const sees = complaint.whole || complaint.elder_id === null;
  const isOpen = state === 'opened' || state === 'acknowledged' || state === 'solved';
  const works = reader.works && !complaint.concerned;
  const decides = reader.decides && !complaint.concerned;
  return {
    take: works && state === 'opened' && (handler === null || handler === reader.id),
    solve: reader.works && state === 'acknowledged' && handler === reader.id,
    answer: works && state === 'solved' && sees,
    withdraw: works && isOpen && sees,
    assign: decides && (state === 'opened' || state === 'acknowledged'),
    close: decides && state === 'solved' && handler !== reader.id,
  };
}
