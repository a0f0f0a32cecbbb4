import type {
  AgentView,
  CallView,
  CaseSummary,
  ConsoleEvent,
  EmergencyView,
  OrderView,
  SnapshotData,
  TaskView,
} from '../api/types';

/** How the socket stands. `replaced`: a newer tab of the same agent took over; `refused`: not signed in any more. */
export type Connection = 'off' | 'connecting' | 'open' | 'lost' | 'replaced' | 'refused';

export interface LiveState {
  connection: Connection;
  /** When it was lost (ms, this machine's clock); null while connected or never connected. */
  lostAt: number | null;
  /** Objects that changed while we were away, told once after coming back. */
  caughtUp: number;
  /** Number of the newest event applied; -1 before the first snapshot. */
  seq: number;
  calls: Readonly<Record<string, CallView>>;
  agents: Readonly<Record<string, AgentView>>;
  tasks: Readonly<Record<string, TaskView>>;
  cases: Readonly<Record<string, CaseSummary>>;
  orders: Readonly<Record<string, OrderView>>;
  emergencies: Readonly<Record<string, EmergencyView>>;
}

export type LiveAction =
  | { type: 'connection'; connection: Connection; at: number }
  | { type: 'snapshot'; seq: number; data: SnapshotData }
  | { type: 'event'; event: ConsoleEvent }
  | { type: 'caught-up-seen' }
  | { type: 'reset' };

export const EMPTY: LiveState = {
  connection: 'off',
  lostAt: null,
  caughtUp: 0,
  seq: -1,
  calls: {},
  agents: {},
  tasks: {},
  cases: {},
  orders: {},
  emergencies: {},
};

interface Versioned {
  id: string;
  version: number;
}

function byId<T extends Versioned>(list: readonly T[]): Record<string, T> {
  return Object.fromEntries(list.map((item) => [item.id, item]));
}

function changed(before: Readonly<Record<string, Versioned>>, after: Readonly<Record<string, Versioned>>): number {
  const ids = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...ids].filter((id) => before[id]?.version !== after[id]?.version).length;
}

function takeSnapshot(state: LiveState, seq: number, data: SnapshotData): LiveState {
  const calls = byId(data.calls);
  const agents = byId(data.agents);
  const tasks = byId(data.tasks);
  const cases = byId(data.cases);
  const orders = byId(data.orders);
  const emergencies = byId(data.emergencies);
  const returning = state.seq >= 0 && state.lostAt !== null;
  const caughtUp = returning
    ? changed(state.calls, calls) +
      changed(state.tasks, tasks) +
      changed(state.cases, cases) +
      changed(state.orders, orders) +
      changed(state.emergencies, emergencies)
    : state.caughtUp;
  return {
    ...state,
    connection: 'open',
    lostAt: null,
    caughtUp,
    seq,
    calls,
    agents,
    tasks,
    cases,
    orders,
    emergencies,
  };
}

function put<T extends Versioned>(
  map: Readonly<Record<string, T>>,
  id: string,
  data: T | null,
): Readonly<Record<string, T>> {
  if (data !== null) return { ...map, [id]: data };
  return Object.fromEntries(Object.entries(map).filter(([key]) => key !== id));
}

function takeEvent(state: LiveState, event: ConsoleEvent): LiveState {
  // Before the first snapshot an event has nothing to stand on; the snapshot will hold it.
  if (state.seq < 0 || event.seq < state.seq) return state;
  const held = {
    call: state.calls,
    agent: state.agents,
    task: state.tasks,
    case: state.cases,
    order: state.orders,
    emergency: state.emergencies,
  }[event.topic][event.id];
  // What has gone carries no version of its own: there the order of events decides.
  if (event.data !== null && held !== undefined && event.version < held.version) return { ...state, seq: event.seq };
  const next = { ...state, seq: event.seq };
  switch (event.topic) {
    case 'call':
      return { ...next, calls: put(state.calls, event.id, event.data) };
    case 'agent':
      return { ...next, agents: put(state.agents, event.id, event.data) };
    case 'task':
      return { ...next, tasks: put(state.tasks, event.id, event.data) };
    case 'case':
      return { ...next, cases: put(state.cases, event.id, event.data) };
    case 'order':
      return { ...next, orders: put(state.orders, event.id, event.data) };
    case 'emergency':
      return { ...next, emergencies: put(state.emergencies, event.id, event.data) };
  }
}

function setConnection(state: LiveState, connection: Connection, at: number): LiveState {
  const wasOpen = state.connection === 'open';
  const lostAt = connection === 'open' ? state.lostAt : wasOpen ? at : state.lostAt;
  return { ...state, connection, lostAt };
}

/** The whole of the live data: snapshot, then events in order (docs/console-protocol.md). Pure. */
export function reduceLive(state: LiveState, action: LiveAction): LiveState {
  switch (action.type) {
    case 'connection':
      return setConnection(state, action.connection, action.at);
    case 'snapshot':
      return takeSnapshot(state, action.seq, action.data);
    case 'event':
      return takeEvent(state, action.event);
    case 'caught-up-seen':
      return state.caughtUp === 0 ? state : { ...state, caughtUp: 0 };
    case 'reset':
      return EMPTY;
  }
}
