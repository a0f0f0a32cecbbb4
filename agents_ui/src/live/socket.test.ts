// @vitest-environment node
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ServerMessage } from '../api/types';
import { FakeSocket, FakeSockets } from '../testing/fake-socket';
import { AT, iso } from '../testing/fixtures';
import { ConsoleSocket, reconnectDelay, type SocketHandlers } from './socket';

const hello = (heartbeat_s = 10): ServerMessage => ({
  type: 'hello',
  protocol: 3,
  now: iso(AT),
  heartbeat_s,
  took_over: null,
});
const ping: ServerMessage = { type: 'ping', now: iso(AT) };

let sockets: FakeSockets;
let heard: { [K in keyof SocketHandlers]: ReturnType<typeof vi.fn<SocketHandlers[K]>> };
let socket: ConsoleSocket;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('WebSocket', FakeSocket);
  sockets = new FakeSockets();
  heard = { onMessage: vi.fn(), onOpen: vi.fn(), onLost: vi.fn(), onReplaced: vi.fn(), onRefused: vi.fn() };
  socket = new ConsoleSocket('ws://test/ws/console', heard, { make: sockets.make, random: () => 1 });
  socket.open();
});
afterEach(() => {
  socket.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('talking', () => {
  test('it is usable after hello, and everything said is passed on', () => {
    expect(heard.onOpen).not.toHaveBeenCalled();
    sockets.last.say(hello());
    expect(heard.onOpen).toHaveBeenCalledTimes(1);
    expect(heard.onMessage).toHaveBeenCalledWith(hello());
  });

  test('a ping is answered with a pong', () => {
    sockets.last.say(hello());
    sockets.last.say(ping);
    expect(sockets.last.sent).toEqual([{ type: 'pong' }]);
  });

  test('what cannot be sent is said to be not sent', () => {
    expect(socket.send({ type: 'pong' })).toBe(false);
    sockets.last.say(hello());
    expect(socket.send({ type: 'phone', state: 'registered' })).toBe(true);
    sockets.last.drop();
    expect(socket.send({ type: 'pong' })).toBe(false);
  });

  test('nonsense ends the connection and a new one is opened', () => {
    sockets.last.sayText('{');
    expect(heard.onLost).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(400);
    expect(sockets.all).toHaveLength(2);
  });
});

describe('coming back', () => {
  test('waits double each time, up to eight seconds', () => {
    const waits = [400, 800, 1_600, 3_200, 6_400, 8_000, 8_000];
    for (const [index, wait] of waits.entries()) {
      sockets.last.drop();
      vi.advanceTimersByTime(wait - 1);
      expect(sockets.all).toHaveLength(index + 1);
      vi.advanceTimersByTime(1);
      expect(sockets.all).toHaveLength(index + 2);
    }
    expect(heard.onLost).toHaveBeenCalledTimes(waits.length);
  });

  test('half of the wait is random', () => {
    expect(reconnectDelay(0, () => 0)).toBe(200);
    expect(reconnectDelay(0, () => 0.5)).toBe(300);
    expect(reconnectDelay(99, () => 1)).toBe(8_000);
  });

  test('after a hello the waits begin anew', () => {
    sockets.last.drop();
    vi.advanceTimersByTime(400);
    sockets.last.drop();
    vi.advanceTimersByTime(800);
    sockets.last.say(hello());
    sockets.last.drop();
    vi.advanceTimersByTime(400);
    expect(sockets.all).toHaveLength(4);
  });

  test('"too slow" (4408) is a loss like any other', () => {
    sockets.last.say(hello());
    sockets.last.drop(4408);
    expect(heard.onLost).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(400);
    expect(sockets.all).toHaveLength(2);
  });

  test.each([
    [4401, 'onRefused'],
    [4409, 'onReplaced'],
  ] as const)('after %i (%s) it stays away until it is opened again', (code, handler) => {
    sockets.last.say(hello());
    sockets.last.drop(code);
    expect(heard[handler]).toHaveBeenCalledTimes(1);
    expect(heard.onLost).not.toHaveBeenCalled();
    socket.hurry();
    vi.advanceTimersByTime(60_000);
    expect(sockets.all).toHaveLength(1);
    socket.open();
    expect(sockets.all).toHaveLength(2);
  });

  test('when the network is back nobody waits for the timer, and the timer does not open a second one', () => {
    sockets.last.drop();
    sockets.all.at(-1)?.drop();
    socket.hurry();
    expect(sockets.all).toHaveLength(2);
    vi.advanceTimersByTime(8_000);
    expect(sockets.all).toHaveLength(2);
  });

  test('a connection that lives is not hurried', () => {
    sockets.last.say(hello());
    socket.hurry();
    expect(sockets.all).toHaveLength(1);
  });

  test('closed is closed: no retry, nothing heard any more', () => {
    const first = sockets.last;
    first.say(hello());
    socket.close();
    expect(first.closedWith).toBe(1000);
    first.drop();
    first.say(ping);
    socket.hurry();
    vi.advanceTimersByTime(60_000);
    expect(sockets.all).toHaveLength(1);
    expect(heard.onLost).not.toHaveBeenCalled();
    expect(heard.onMessage).toHaveBeenCalledTimes(1);
  });

  test('closed while it waits to come back, it does not come back', () => {
    sockets.last.drop();
    socket.close();
    vi.advanceTimersByTime(60_000);
    expect(sockets.all).toHaveLength(1);
  });
});

describe('heartbeats', () => {
  test('two and a half of them without a word: the connection is dead', () => {
    sockets.last.say(hello(4));
    vi.advanceTimersByTime(9_999);
    expect(heard.onLost).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(heard.onLost).toHaveBeenCalledTimes(1);
    expect(sockets.all[0]?.closedWith).toBe(1000);
    vi.advanceTimersByTime(400);
    expect(sockets.all).toHaveLength(2);
  });

  test('any message is a sign of life', () => {
    sockets.last.say(hello(4));
    for (let i = 0; i < 5; i++) {
      vi.advanceTimersByTime(9_000);
      sockets.last.say(ping);
    }
    expect(heard.onLost).not.toHaveBeenCalled();
  });

  test('a connection that is opened and never says anything is given up too', () => {
    vi.advanceTimersByTime(25_000);
    expect(heard.onLost).toHaveBeenCalledTimes(1);
  });

  test('what a dead connection still says is not heard', () => {
    const dead = sockets.last;
    dead.say(hello(4));
    vi.advanceTimersByTime(10_400);
    dead.say(ping);
    dead.drop(4401);
    expect(heard.onMessage).toHaveBeenCalledTimes(1);
    expect(heard.onRefused).not.toHaveBeenCalled();
  });
});
