import type { FloorCase } from '../../api/types';
import { isSos, waitingCalls } from '../../live/select';
import type { LiveState } from '../../live/reducer';

/** Whoever pauses longer may have forgotten it. */
export const LONG_PAUSE_MS = 30 * 60_000;
const SOS_LATE_MS = 10_000;
const ms = (iso: string): number => Date.parse(iso);

export type Matter =
  | { kind: 'sosWaits'; seconds: number; callId: string }
  | { kind: 'nobodyFree'; waiting: number }
  | { kind: 'noTelephone'; names: string[] }
  | { kind: 'caseOverdue'; count: number; caseId: string }
  | { kind: 'taskOverdue'; count: number; taskId: string }
  | { kind: 'ownerAway'; count: number; caseId: string }
  | { kind: 'handoverLate'; id: string; name: string }
  | { kind: 'glassOverdue'; count: number }
  | { kind: 'longPause'; agentId: string; name: string; since: number };

/** What needs a supervisor now, the gravest first. Empty: all is well. */
export function attention(state: LiveState, cases: readonly FloorCase[], now: number): Matter[] {
  const found: Matter[] = [];
  const waiting = waitingCalls(state);
  const sos = waiting.find(isSos);
  if (sos && now - ms(sos.received_at) >= SOS_LATE_MS)
    found.push({ kind: 'sosWaits', seconds: Math.floor((now - ms(sos.received_at)) / 1000), callId: sos.id });
  const agents = Object.values(state.agents);
  const here = agents.filter((agent) => agent.state !== 'offline');
  if (!agents.some((agent) => agent.state === 'idle' && agent.phone_ok))
    found.push({ kind: 'nobodyFree', waiting: waiting.length });
  const mute = here.filter((agent) => agent.state !== 'paused' && !agent.phone_ok);
  if (mute.length > 0) found.push({ kind: 'noTelephone', names: mute.map((agent) => agent.name) });
  const tasks = Object.values(state.tasks).filter((task) => task.state !== 'done' && ms(task.due_at) <= now);
  if (tasks[0])
    found.push({ kind: 'taskOverdue', count: tasks.length, taskId: oldest(tasks, (task) => task.due_at).id });
  const nobodys = cases.filter((item) => item.owner_id === null && !item.live_call && ms(item.deadline_at) <= now);
  if (nobodys[0])
    found.push({ kind: 'caseOverdue', count: nobodys.length, caseId: oldest(nobodys, (item) => item.deadline_at).id });
  const away = cases.filter((item) => isOwnerAway(item, state));
  if (away[0]) found.push({ kind: 'ownerAway', count: away.length, caseId: oldest(away, (item) => item.opened_at).id });
  for (const agent of agents)
    if (agent.state === 'paused' && now - ms(agent.since) >= LONG_PAUSE_MS)
      found.push({ kind: 'longPause', agentId: agent.id, name: agent.name, since: ms(agent.since) });
  return found;
}

/** Somebody owns it who is not here to work on it. */
export function isOwnerAway(item: Pick<FloorCase, 'owner_id'>, state: Pick<LiveState, 'agents'>): boolean {
  return item.owner_id !== null && (state.agents[item.owner_id]?.state ?? 'offline') === 'offline';
}

function oldest<T>(list: readonly T[], at: (item: T) => string): T {
  return list.reduce((first, next) => (ms(at(next)) < ms(at(first)) ? next : first));
}

const SEVERITY = { E0: 0, U1: 1, U2: 2, N1: 3, N2: 4 };

/** Nobody's first, then by severity, then by what is due first. */
export function inOrder(cases: readonly FloorCase[]): FloorCase[] {
  return [...cases].sort(
    (a, b) =>
      Number(a.owner_id !== null) - Number(b.owner_id !== null) ||
      SEVERITY[a.severity] - SEVERITY[b.severity] ||
      ms(dueAt(a) ?? a.opened_at) - ms(dueAt(b) ?? b.opened_at) ||
      a.id.localeCompare(b.id),
  );
}

/** What the case must not pass: its call-back, or the queue's deadline while nobody owns it. */
export function dueAt(item: Pick<FloorCase, 'call_back_due_at' | 'owner_id' | 'deadline_at'>): string | null {
  return item.call_back_due_at ?? (item.owner_id === null ? item.deadline_at : null);
}
