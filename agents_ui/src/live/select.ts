import type { AgentView, CallView, Severity, TaskView } from '../api/types';
import type { LiveState } from './reducer';

const ms = (iso: string): number => Date.parse(iso);

export type Age = 'fresh' | 'warn' | 'late';

/** After how long a waiting press turns amber, then red (docs/decisions.md "Answering": SOS ≤10 s, service ≤15 s). */
const LIMITS: Record<'sos' | 'service', { warn: number; late: number }> = {
  sos: { warn: 5_000, late: 10_000 },
  service: { warn: 8_000, late: 15_000 },
};

export function isSos(call: Pick<CallView, 'kind' | 'severity'>): boolean {
  return call.kind === 'sos' || call.severity === 'E0';
}

export function waitingAge(call: CallView, now: number): Age {
  const limit = LIMITS[isSos(call) ? 'sos' : 'service'];
  const waited = now - ms(call.received_at);
  return waited >= limit.late ? 'late' : waited >= limit.warn ? 'warn' : 'fresh';
}

/** A call-back turns amber in the last minute before it is due, red when it is over. */
export function taskAge(task: TaskView, now: number): Age {
  const left = ms(task.due_at) - now;
  return left <= 0 ? 'late' : left <= 60_000 ? 'warn' : 'fresh';
}

const WAITING = new Set(['ringing', 'queued', 'offered', 'dialplan']);

/** SOS first, then the oldest; within the same minute the elder's risk decides. */
export function compareWaiting(a: CallView, b: CallView): number {
  const sos = Number(isSos(b)) - Number(isSos(a));
  if (sos !== 0) return sos;
  const minute = Math.floor(ms(a.received_at) / 60_000) - Math.floor(ms(b.received_at) / 60_000);
  if (minute !== 0) return minute;
  return b.risk - a.risk || ms(a.received_at) - ms(b.received_at) || a.id.localeCompare(b.id);
}

export function waitingCalls(state: LiveState): CallView[] {
  return Object.values(state.calls)
    .filter((call) => WAITING.has(call.state) && call.kind !== 'outbound')
    .sort(compareWaiting);
}

/** Nobody is being rung for it: every console shows it as such. */
export function nobodyFree(call: CallView): boolean {
  return (call.state === 'queued' || call.state === 'ringing') && call.ringing.length === 0;
}

const SEVERITY_ORDER: Record<Severity, number> = { E0: 0, U1: 1, U2: 2, N1: 3, N2: 4 };

export function openTasks(state: LiveState): TaskView[] {
  return Object.values(state.tasks)
    .filter((task) => task.state !== 'done')
    .sort(
      (a, b) =>
        SEVERITY_ORDER[a.severity] - SEVERITY_ORDER[b.severity] ||
        ms(a.due_at) - ms(b.due_at) ||
        a.id.localeCompare(b.id),
    );
}

export function ringingFor(state: LiveState, agentId: string): CallView | null {
  const mine = Object.values(state.calls).filter(
    (call) => call.ringing.includes(agentId) && (WAITING.has(call.state) || call.kind === 'outbound'),
  );
  return mine.sort(compareWaiting)[0] ?? null;
}

export function talkingCall(state: LiveState, agentId: string): CallView | null {
  return (
    Object.values(state.calls).find(
      (call) => call.agent_id === agentId && (call.state === 'talking' || call.state === 'held'),
    ) ?? null
  );
}

const AGENT_ORDER: Record<AgentView['state'], number> = {
  ringing: 0,
  talking: 1,
  idle: 2,
  wrap_up: 3,
  paused: 4,
  offline: 5,
};

export function agentsByState(state: LiveState): AgentView[] {
  return Object.values(state.agents).sort(
    (a, b) => AGENT_ORDER[a.state] - AGENT_ORDER[b.state] || a.name.localeCompare(b.name, 'zh-CN'),
  );
}

/** How a call that rang for us went on without us; null: it did not ring for us, or still does, or it is ours. */
export type RingOutcome = { kind: 'taken'; by: string } | { kind: 'abandoned' } | { kind: 'moved-on' } | null;

export function ringOutcome(before: CallView, after: CallView | undefined, agentId: string): RingOutcome {
  if (!before.ringing.includes(agentId) || before.kind === 'outbound') return null;
  // A call leaves every console's view when it ends; one that nobody of us took was ended by the caller.
  if (after === undefined) return { kind: 'abandoned' };
  if (after.ringing.includes(agentId) && WAITING.has(after.state)) return null;
  if (after.agent_id === agentId) return null;
  if (after.agent_id !== null) return { kind: 'taken', by: after.agent_name };
  return { kind: 'moved-on' };
}
