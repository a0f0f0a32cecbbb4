import type { AgentState, FigureView } from '../../api/types';
import { taskAge, waitingAge, waitingCalls, type Age } from '../../live/select';
import type { LiveState } from '../../live/reducer';

export const STATES: AgentState[] = ['idle', 'ringing', 'talking', 'wrap_up', 'paused'];

export interface Now {
  waiting: number;
  /** How long the longest has waited; null: nobody waits. */
  longest: number | null;
  /** Of the one that is worst for its line. */
  age: Age;
  agents: Record<AgentState, number>;
  overdue: number;
}

const WORSE: Age[] = ['fresh', 'warn', 'late'];

/** What the socket knows, as the wall shows it. */
export function nowOf(state: LiveState, now: number): Now {
  const waiting = waitingCalls(state);
  const agents: Record<AgentState, number> = { offline: 0, idle: 0, ringing: 0, talking: 0, wrap_up: 0, paused: 0 };
  for (const agent of Object.values(state.agents)) agents[agent.state] += 1;
  const since = Math.min(...waiting.map((call) => Date.parse(call.received_at)));
  const ages = waiting.map((call) => WORSE.indexOf(waitingAge(call, now)));
  return {
    waiting: waiting.length,
    longest: waiting.length > 0 ? now - since : null,
    age: WORSE[Math.max(0, ...ages)] ?? 'fresh',
    agents,
    overdue: Object.values(state.tasks).filter((task) => task.state !== 'done' && taskAge(task, now) === 'late').length,
  };
}

/** The wall's figures: 10, 15 and 60 seconds of both lines. */
export const SHOWN = ['sos_10', 'sos_15', 'sos_60', 'service_10', 'service_15', 'service_60'] as const;

export function shown(figures: readonly FigureView[]): FigureView[] {
  return SHOWN.flatMap((key) => figures.filter((figure) => figure.key === key));
}

/** Figures older than this are said to be old. */
export const OLD_MS = 45_000;
