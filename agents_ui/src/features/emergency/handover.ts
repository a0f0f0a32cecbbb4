import type { HandoverOutState, HandoverOutView } from '../../api/types';

/** The way of a hand-over, with the moment of what has happened; a rejected one ends where it was refused. Pure. */
export function momentsOf(one: HandoverOutView): { state: HandoverOutState; at: string | null }[] {
  if (one.state === 'rejected')
    return [
      { state: 'offered', at: one.offered_at },
      { state: 'rejected', at: one.rejected_at },
    ];
  return [
    { state: 'offered', at: one.offered_at },
    { state: 'accepted', at: one.accepted_at },
    { state: 'dispatched', at: one.dispatched_at },
    { state: 'arrived', at: one.arrived_at },
    { state: 'closed', at: one.closed_at },
  ];
}

const WAY: HandoverOutState[] = ['offered', 'accepted', 'dispatched', 'arrived', 'closed', 'rejected'];

/** As it goes, a refusal last. */
export const inOrder = (states: readonly HandoverOutState[]): HandoverOutState[] =>
  WAY.filter((state) => states.includes(state));

/** What has to be said with a state: a rejection its reason, an end its outcome. */
export const needsWords = (state: HandoverOutState): 'reason' | 'outcome' | null =>
  state === 'rejected' ? 'reason' : state === 'closed' ? 'outcome' : null;
