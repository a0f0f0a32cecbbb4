// @vitest-environment node
import { describe, expect, test } from 'vitest';
import type { AgentView, CallView, CaseSummary, ConsoleEvent, SnapshotData, TaskView } from '../api/types';
import { aCall, aCase, anAgent, aSnapshot, aTask } from '../testing/fixtures';
import { EMPTY, reduceLive, type LiveAction, type LiveState } from './reducer';

const after = (actions: LiveAction[], start: LiveState = EMPTY): LiveState => actions.reduce(reduceLive, start);
const snapshot = (seq: number, data: Partial<SnapshotData> = {}): LiveAction => ({
  type: 'snapshot',
  seq,
  data: aSnapshot(data),
});
const callEvent = (seq: number, data: CallView | null, id = data?.id ?? 'call-1'): LiveAction => ({
  type: 'event',
  event: { type: 'event', seq, topic: 'call', id, version: data?.version ?? 0, data },
});
const lost: LiveAction = { type: 'connection', connection: 'lost', at: 5_000 };

describe('snapshot and events', () => {
  test('the snapshot is the whole truth, and opens the connection', () => {
    const old = after([snapshot(3, { calls: [aCall({ id: 'old' })], tasks: [aTask()] })]);
    const state = reduceLive(old, snapshot(9, { calls: [aCall({ id: 'new' })] }));
    expect(Object.keys(state.calls)).toEqual(['new']);
    expect(state.tasks).toEqual({});
    expect(state).toMatchObject({ seq: 9, connection: 'open' });
  });

  test('an event replaces the whole object', () => {
    const state = after([snapshot(1, { calls: [aCall()] }), callEvent(2, aCall({ version: 2, state: 'talking' }))]);
    expect(state.calls['call-1']?.state).toBe('talking');
    expect(state.seq).toBe(2);
  });

  test('null means gone from our view, whatever its version says', () => {
    const state = after([snapshot(1, { calls: [aCall({ version: 7 })] }), callEvent(2, null)]);
    expect(state.calls).toEqual({});
  });

  test('gone twice, or gone before it was seen, is harmless', () => {
    expect(after([snapshot(1), callEvent(2, null), callEvent(3, null)]).calls).toEqual({});
  });

  test('an older version is dropped, the same one is taken', () => {
    const start = after([snapshot(1, { calls: [aCall({ version: 5, place: 'new' })] })]);
    const older = reduceLive(start, callEvent(2, aCall({ version: 4, place: 'old' })));
    expect(older.calls['call-1']?.place).toBe('new');
    expect(older.seq).toBe(2);
    expect(reduceLive(older, callEvent(3, aCall({ version: 5, place: 'same' }))).calls['call-1']?.place).toBe('same');
  });

  test('an event older than the snapshot is dropped', () => {
    const start = after([snapshot(10)]);
    expect(reduceLive(start, callEvent(9, aCall()))).toBe(start);
    expect(reduceLive(after([snapshot(10, { calls: [aCall()] })]), callEvent(9, null)).calls).toHaveProperty('call-1');
  });

  test('before the first snapshot an event has nothing to stand on', () => {
    expect(after([callEvent(4, aCall())])).toBe(EMPTY);
  });

  test('each topic has its own shelf, also for the same id', () => {
    const event = (topic: 'agent' | 'task' | 'case', data: AgentView | TaskView | CaseSummary): LiveAction => ({
      type: 'event',
      event: { type: 'event', seq: 2, topic, id: 'x', version: 1, data } as ConsoleEvent,
    });
    const state = after([
      snapshot(1),
      callEvent(2, aCall({ id: 'x' })),
      event('agent', anAgent({ id: 'x' })),
      event('task', aTask({ id: 'x' })),
      event('case', aCase({ id: 'x' })),
    ]);
    expect([state.calls.x, state.agents.x, state.tasks.x, state.cases.x].map((one) => one?.id)).toEqual(
      Array(4).fill('x'),
    );
  });

  test('what an event does not touch stays the same object, so that nothing else is drawn again', () => {
    const start = after([snapshot(1, { calls: [aCall()], agents: [anAgent()], tasks: [aTask()] })]);
    const next = reduceLive(start, callEvent(2, aCall({ version: 2 })));
    expect([next.agents, next.tasks, next.cases]).toEqual([start.agents, start.tasks, start.cases]);
    expect(next.agents).toBe(start.agents);
    expect(next.tasks).toBe(start.tasks);
  });
});

describe('the connection', () => {
  test('what was known stays on the screen while it is lost', () => {
    const state = after([snapshot(1, { calls: [aCall()] }), lost]);
    expect(state).toMatchObject({ connection: 'lost', lostAt: 5_000 });
    expect(state.calls).toHaveProperty('call-1');
  });

  test('failing again and again does not make the loss younger', () => {
    expect(after([snapshot(1), lost, { ...lost, at: 9_000 }]).lostAt).toBe(5_000);
  });

  test('never connected is not lost', () => {
    expect(after([{ type: 'connection', connection: 'connecting', at: 1 }, lost]).lostAt).toBeNull();
  });

  test('the next snapshot ends the loss', () => {
    expect(after([snapshot(1), lost, snapshot(2)])).toMatchObject({ connection: 'open', lostAt: null });
  });

  test('after a loss the changes are counted: changed, gone and new ones, of calls, tasks and cases', () => {
    const before = snapshot(1, {
      calls: [aCall({ id: 'same' }), aCall({ id: 'changed' }), aCall({ id: 'gone' })],
      tasks: [aTask()],
      agents: [anAgent()],
    });
    const later = snapshot(9, {
      calls: [aCall({ id: 'same' }), aCall({ id: 'changed', version: 2 }), aCall({ id: 'new' })],
      cases: [aCase()],
      agents: [anAgent({ version: 9 })],
    });
    expect(after([before, lost, later]).caughtUp).toBe(5);
  });

  test('a snapshot without a loss, and the first one of all, count nothing', () => {
    expect(after([snapshot(1, { calls: [aCall()] })]).caughtUp).toBe(0);
    expect(after([snapshot(1), snapshot(2, { calls: [aCall()] })]).caughtUp).toBe(0);
  });

  test('the count is told once', () => {
    const state = after([snapshot(1), lost, snapshot(2, { calls: [aCall()] })]);
    expect(state.caughtUp).toBe(1);
    const seen = reduceLive(state, { type: 'caught-up-seen' });
    expect(seen.caughtUp).toBe(0);
    expect(reduceLive(seen, { type: 'caught-up-seen' })).toBe(seen);
  });

  test('after the sign-out nothing is left', () => {
    expect(after([snapshot(1, { calls: [aCall()] }), { type: 'reset' }])).toBe(EMPTY);
  });
});

/** A server whose calls live and die at random. What it tells is what the protocol promises, and no more. */
class RandomServer {
  private seed: number;
  private seq = 0;
  private versions: Record<string, number> = {};
  private calls: Record<string, CallView> = {};
  private unsent: { seq: number; id: string; data: CallView | null }[] = [];

  constructor(seed: number) {
    this.seed = seed;
  }

  /** mulberry32 */
  random(below: number): number {
    this.seed = (this.seed + 0x6d2b79f5) | 0;
    let t = Math.imul(this.seed ^ (this.seed >>> 15), 1 | this.seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  }

  change(): void {
    const id = `call-${this.random(4)}`;
    const version = (this.versions[id] ?? 0) + 1;
    this.versions = { ...this.versions, [id]: version };
    this.seq += 1 + this.random(2);
    const others = Object.entries(this.calls).filter(([key]) => key !== id);
    const now = aCall({ id, version, presses: this.random(9) });
    this.calls = Object.fromEntries(this.random(4) === 0 ? others : [...others, [id, now]]);
    this.unsent.push({ seq: this.seq, id, data: this.calls[id] ?? null });
  }

  /** The event number is read before the data, so changes in between are in the data and come once more as events. */
  snapshot(): LiveAction {
    const seq = this.seq;
    if (this.random(2) === 0) this.change();
    this.unsent = this.unsent.filter((one) => one.seq > seq);
    return snapshot(seq, { calls: Object.values(this.calls) });
  }

  /** Several changes of an object may come as one; each carries the object as it is when it is sent, or an older reading of it. */
  send(): LiveAction[] {
    const due = this.unsent.splice(0, 1 + this.random(this.unsent.length + 1));
    return due
      .filter(({ id }, index) => this.random(2) === 0 || !due.slice(index + 1).some((later) => later.id === id))
      .map(({ seq, id, data }) => callEvent(seq, this.random(2) === 0 ? data : (this.calls[id] ?? null), id));
  }

  sendAll(): LiveAction[] {
    const sent: LiveAction[] = [];
    while (this.unsent.length > 0) sent.push(...this.send());
    return sent;
  }

  fresh(): Record<string, CallView> {
    return this.calls;
  }
}

/** Never shows an object older than it was shown before. */
function forward(state: LiveState, actions: LiveAction[]): LiveState {
  const next = after(actions, state);
  for (const [id, call] of Object.entries(state.calls))
    expect(next.calls[id]?.version ?? Infinity).toBeGreaterThanOrEqual(call.version);
  return next;
}

test.each(Array.from({ length: 60 }, (_, seed) => seed))('snapshot + events = a fresh snapshot (seed %i)', (seed) => {
  const server = new RandomServer(seed);
  let state = reduceLive(EMPTY, server.snapshot());
  for (let step = 0; step < 80; step++) {
    const what = server.random(10);
    if (what < 6) server.change();
    else if (what < 9) for (const action of server.send()) state = forward(state, [action]);
    else state = forward(state, [lost, server.snapshot()]);
  }
  state = after(server.sendAll(), state);
  expect(state.calls).toEqual(server.fresh());
});
