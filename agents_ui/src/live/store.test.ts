// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeSocket, FakeSockets } from '../testing/fake-socket';
import { aCall, aSnapshot, AT, iso } from '../testing/fixtures';
import { LiveStore } from './store';

let sockets: FakeSockets;
let live: LiveStore;

beforeEach(() => {
  vi.useFakeTimers({ now: AT });
  vi.stubGlobal('WebSocket', FakeSocket);
  sockets = new FakeSockets();
  live = new LiveStore('ws://test/ws/console', { make: sockets.make, random: () => 1 });
  live.connect();
});
afterEach(() => {
  live.disconnect();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const greet = (): void => {
  sockets.last.say({ type: 'hello', protocol: 3, now: iso(AT + 60_000), heartbeat_s: 10, took_over: null });
  sockets.last.say({ type: 'snapshot', seq: 1, now: iso(AT + 60_000), data: aSnapshot({ calls: [aCall()] }) });
};

test('hello, snapshot and events arrive in the state, and the clocks run on the time of the server', () => {
  greet();
  sockets.last.say({ type: 'event', topic: 'call', seq: 2, id: 'call-1', version: 2, data: aCall({ version: 2 }) });
  expect(live.get()).toMatchObject({ connection: 'open', seq: 2 });
  expect(live.get().calls['call-1']?.version).toBe(2);
  vi.advanceTimersByTime(1_000);
  expect(live.ticker.get()).toBe(AT + 61_000);
});

test('lost and back again: the loss is dated, then what came meanwhile is counted', () => {
  greet();
  vi.advanceTimersByTime(2_000);
  sockets.last.drop();
  expect(live.get()).toMatchObject({ connection: 'lost', lostAt: AT + 2_000 });
  vi.advanceTimersByTime(400);
  sockets.last.say({ type: 'hello', protocol: 3, now: iso(AT), heartbeat_s: 10, took_over: null });
  expect(live.get().connection).toBe('lost');
  sockets.last.say({ type: 'snapshot', seq: 9, now: iso(AT), data: aSnapshot() });
  expect(live.get()).toMatchObject({ connection: 'open', lostAt: null, caughtUp: 1 });
});

test('a sign-in that has ended is told once, and the state says refused', () => {
  live.onRefused = vi.fn();
  greet();
  sockets.last.drop(4401);
  expect(live.onRefused).toHaveBeenCalledTimes(1);
  expect(live.get().connection).toBe('refused');
});

test('replaced by a newer tab it stops until this one is wanted again', () => {
  greet();
  sockets.last.drop(4409);
  expect(live.get().connection).toBe('replaced');
  vi.advanceTimersByTime(60_000);
  expect(sockets.all).toHaveLength(1);
  live.connect();
  expect(sockets.all).toHaveLength(2);
});

test('disconnected, nothing of the calls is left and no clock runs', () => {
  greet();
  live.disconnect();
  expect(live.get().calls).toEqual({});
  const then = live.ticker.get();
  vi.advanceTimersByTime(5_000);
  expect(live.ticker.get()).toBe(then);
});
