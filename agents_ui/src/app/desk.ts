import type { CallView } from '../api/types';
import {
  ringingFor,
  ringOutcome,
  talkingCall,
  waitingCalls,
  nobodyFree,
  isSos,
  type RingOutcome,
} from '../live/select';
import type { LiveState } from '../live/reducer';
import type { PhoneState } from '../phone/state';
import type { Ring } from '../phone/ringer';

/** Pure decisions of the desk: what to ring, what to show, what to tell. */

export function ringFor(live: LiveState, phone: PhoneState, agentId: string): Ring {
  const incoming = phone.call?.stage === 'ringing' ? phone.call : null;
  if (phone.call !== null && incoming === null) return null;
  const call = incoming?.callId ? live.calls[incoming.callId] : undefined;
  const shown = call ?? ringingFor(live, agentId) ?? undefined;
  if (shown?.kind === 'outbound') return null;
  if (shown !== undefined) return isSos(shown) ? 'sos' : 'service';
  // An INVITE that the socket has not told us of still rings, and as the graver of the two.
  return incoming ? 'sos' : null;
}

/** The call that fills the middle: what we talk on, else what rings for us. */
export function currentCall(live: LiveState, phone: PhoneState, agentId: string): CallView | null {
  const talking = talkingCall(live, agentId);
  if (talking !== null) return talking;
  const byPhone = phone.call?.callId ? live.calls[phone.call.callId] : undefined;
  return byPhone ?? ringingFor(live, agentId);
}

/** Outbound calls ring the agent who asked for them first: that telephone is picked up by itself. */
export function answersByItself(live: LiveState, phone: PhoneState): boolean {
  const callId = phone.call?.stage === 'ringing' ? phone.call.callId : null;
  return callId !== null && live.calls[callId]?.kind === 'outbound';
}

/**
 * Our telephone talks on a call that the server, which had it as ours, has ended or given to somebody else. `ours` is the call that was last told as
 * ours: one that was never told is not over, its news are late (a relay that died), and hanging up would cut an elder off.
 */
export function isLeftOver(live: LiveState, phone: PhoneState, agentId: string, ours: string | null): boolean {
  const call = phone.call;
  if (call?.stage !== 'talking' || call.callId === null || live.connection !== 'open') return false;
  if (call.callId !== ours) return false;
  const seen = live.calls[call.callId];
  if (seen === undefined) return true;
  return seen.state === 'ended' || seen.state === 'abandoned' || (seen.agent_id !== null && seen.agent_id !== agentId);
}

export interface Told {
  callId: string;
  outcome: Exclude<RingOutcome, null>;
}

export function ringOutcomes(before: LiveState, after: LiveState, agentId: string): Told[] {
  if (before.calls === after.calls) return [];
  // How a call ended while we were not listening, nobody knows here: it may have been answered, even by us.
  const listening = before.connection === 'open' && after.connection === 'open';
  return Object.values(before.calls).flatMap((call) => {
    const outcome = ringOutcome(call, after.calls[call.id], agentId);
    return outcome === null || (outcome.kind === 'abandoned' && !listening) ? [] : [{ callId: call.id, outcome }];
  });
}

/** What became of the call that we talked on while the console heard nothing; null: nothing to tell, or it is still ours. */
export type Parted = { kind: 'moved'; by: string; who: string } | { kind: 'waits' | 'over'; who: string } | null;

/** Asked with the first picture after a lost connection: a reload, a sleep, a dead network. */
export function partedFrom(before: LiveState, after: LiveState, agentId: string): Parted {
  const was = talkingCall(before, agentId);
  if (was === null || before.lostAt === null || after.connection !== 'open' || before.connection === 'open')
    return null;
  const now = after.calls[was.id];
  const who = was.elder_name;
  if (now === undefined) return { kind: 'over', who };
  if (now.agent_id === agentId && talkingCall(after, agentId)?.id === was.id) return null;
  if (now.agent_id !== null && now.agent_id !== agentId) return { kind: 'moved', by: now.agent_name, who };
  return { kind: 'waits', who };
}

/** Something new waits for anybody: one tick, also while we talk. */
export function deservesTick(before: LiveState, after: LiveState): boolean {
  if (before.seq < 0) return false;
  const newTask = Object.keys(after.tasks).some((id) => before.tasks[id] === undefined);
  const known = new Set(
    waitingCalls(before)
      .filter(nobodyFree)
      .map((call) => call.id),
  );
  return newTask || waitingCalls(after).some((call) => nobodyFree(call) && !known.has(call.id));
}

/** Cases that a change of the live data touches: what was fetched of them is old. */
export function touchedCases(before: LiveState, after: LiveState): string[] {
  const ids = new Set<string>();
  const note = <T extends { version: number }>(
    a: Readonly<Record<string, T>>,
    b: Readonly<Record<string, T>>,
    caseOf: (item: T) => string | null,
  ): void => {
    if (a === b) return;
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const item = b[key] ?? a[key];
      const id = item && a[key]?.version !== b[key]?.version ? caseOf(item) : null;
      if (id !== null) ids.add(id);
    }
  };
  note(before.calls, after.calls, (call) => call.case_id);
  note(before.tasks, after.tasks, (task) => task.case_id);
  note(before.cases, after.cases, (item) => item.id);
  note(before.emergencies, after.emergencies, (item) => item.case_id);
  return [...ids];
}
