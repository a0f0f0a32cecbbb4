import { QueryClient } from '@tanstack/react-query';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { CallView, Me, ServerMessage, SnapshotData } from '../api/types';
import { fakeBrowser, type FakeBrowser } from '../testing/browser';
import { ACCOUNT, FakeJsSipLine } from '../testing/fake-line';
import { aCall, aPerson, aSnapshot, aTask, AT, iso, ME, OTHER } from '../testing/fixtures';
import { fakeServer, type FakeServer } from '../testing/server';
import { Console } from './console';
import type { SessionStore } from './session';

vi.mock('../phone/jssip-line', async () => ({ JsSipLine: (await import('../testing/fake-line')).FakeJsSipLine }));

let browser: FakeBrowser;
let server: FakeServer;
let desk: Console;
let queries: QueryClient;
const expire = vi.fn();
const soon = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

let seq = 0;
const say = (message: ServerMessage): void => browser.sockets.last.say(message);
const hello = (): void =>
  say({ type: 'hello', protocol: 3, now: iso(Date.now()), heartbeat_s: 3_600, took_over: null });
const snapshot = (data: Partial<SnapshotData> = {}): void =>
  say({ type: 'snapshot', seq: ++seq, now: iso(Date.now()), data: aSnapshot(data) });
const tell = (data: CallView | null): void =>
  say({ type: 'event', topic: 'call', seq: ++seq, id: 'call-1', version: data?.version ?? 0, data });

async function open(me: Me = aPerson(), data: Partial<SnapshotData> = {}): Promise<void> {
  desk = new Console(me, { expire } as unknown as SessionStore, queries);
  desk.start();
  await soon();
  hello();
  snapshot(data);
  FakeJsSipLine.all.at(-1)?.handlers.onRegistration('registered');
}

beforeEach(() => {
  vi.useFakeTimers({ now: AT });
  window.sessionStorage.clear();
  window.localStorage.clear();
  expire.mockReset();
  queries = new QueryClient();
  browser = fakeBrowser();
  server = fakeServer()
    .on('POST /api/phone', ACCOUNT)
    .on('POST /api/calls/call-1/hang-up', { outcome: 'done', reason: '' })
    .on('POST /api/tasks/task-1/call-back', { call_id: 'call-1' });
});
afterEach(() => {
  desk.stop();
  vi.useRealTimers();
});

const ringing = aCall({ ringing: [ME] });
const talking = aCall({ state: 'talking', agent_id: ME, version: 3 });

describe('what the server is told of the telephone', () => {
  const told = (): unknown[] => browser.sockets.last.sent;

  test('each change once, and the present state again on each new connection', async () => {
    await open();
    expect(told()).toEqual([
      { type: 'phone', state: 'unregistered' },
      { type: 'phone', state: 'registered' },
    ]);
    browser.sockets.last.drop();
    await soon(400);
    hello();
    expect(told()).toEqual([{ type: 'phone', state: 'registered' }]);
  });

  test('nothing by somebody who takes no calls: there is no telephone', async () => {
    await open(aPerson({ role: 'supervisor', permissions: ['calls:see'] }));
    expect(told()).toEqual([]);
    expect(server.routes()).toEqual([]);
  });
});

describe('ringing', () => {
  test('is held until the band is on the screen', async () => {
    await open();
    tell(ringing);
    expect(desk.desk.ringer.current).toBeNull();
    desk.bandPainted('call-1');
    expect(desk.desk.ringer.current).toBe('sos');
  });

  test('is held 150 ms at most', async () => {
    await open();
    FakeJsSipLine.last.invite('call-1');
    await soon(149);
    expect(desk.desk.ringer.current).toBeNull();
    await soon(1);
    expect(desk.desk.ringer.current).toBe('sos');
  });

  test('a call that went on within the hold is not heard at all', async () => {
    await open();
    tell(ringing);
    await soon(100);
    tell(aCall({ state: 'talking', agent_id: OTHER, agent_name: '李', version: 2 }));
    await soon(1_000);
    expect(desk.desk.ringer.current).toBeNull();
  });

  test('stops when we answer', async () => {
    await open();
    FakeJsSipLine.last.invite('call-1');
    tell(ringing);
    desk.bandPainted('call-1');
    desk.answer();
    expect(desk.desk.ringer.current).toBeNull();
  });

  test('brings its case to the middle', async () => {
    await open();
    tell(ringing);
    expect(desk.focus.get()).toEqual({ caseId: 'case-1', callId: 'call-1' });
  });
});

describe('answering', () => {
  test('before our telephone rings holds for the INVITE', async () => {
    await open();
    tell(ringing);
    desk.answer();
    expect(FakeJsSipLine.last.invite('call-1').answered).toBe(true);
  });

  test('answers what rings, also when the server has not told of it', async () => {
    await open();
    const leg = FakeJsSipLine.last.invite(null);
    desk.answer();
    expect(leg.answered).toBe(true);
  });

  test('a call-back picks up our own telephone by itself', async () => {
    await open();
    await desk.callBack('task-1');
    expect(FakeJsSipLine.last.invite('call-1').answered).toBe(true);
  });

  test('so does an outbound call that the server names only after our telephone rang', async () => {
    await open();
    const leg = FakeJsSipLine.last.invite('call-1');
    expect(leg.answered).toBe(false);
    tell(aCall({ kind: 'outbound', severity: 'N1', ringing: [ME] }));
    expect(leg.answered).toBe(true);
  });
});

describe('hanging up', () => {
  const talk = async (): Promise<void> => {
    await open();
    tell(ringing);
    const leg = FakeJsSipLine.last.invite('call-1');
    desk.answer();
    leg.accepted();
    tell(talking);
  };

  test('is done by our telephone, and the server need not be asked', async () => {
    await talk();
    desk.hangUp();
    expect(desk.phone.get().call).toBeNull();
    tell(null);
    await soon(5_000);
    expect(server.routes()).not.toContain('POST /api/calls/call-1/hang-up');
  });

  test('is asked of the server when the call is still there after a while', async () => {
    await talk();
    desk.hangUp();
    await soon(1_499);
    expect(server.routes()).not.toContain('POST /api/calls/call-1/hang-up');
    await soon(1);
    expect(server.routes()).toContain('POST /api/calls/call-1/hang-up');
  });

  test('is asked at once when the leg is in another window, and a failure is told', async () => {
    server.refuse('POST /api/calls/call-1/hang-up', 'voice_away', 503);
    await open(aPerson(), { calls: [talking] });
    desk.hangUp();
    await soon();
    expect(desk.notices.take()).toMatchObject([{ kind: 'error', key: 'hang-up-failed' }]);
  });

  test('without a call asks nobody', async () => {
    await open();
    desk.hangUp();
    await soon(5_000);
    expect(server.routes()).toEqual(['POST /api/phone']);
  });
});

test('a leg whose call is gone is hung up after a moment, unless the call turns up again', async () => {
  await open();
  const leg = FakeJsSipLine.last.invite('call-1');
  desk.answer();
  leg.accepted();
  await soon(2_400);
  tell(talking);
  await soon(5_000);
  expect(leg.over).toBeNull();

  tell(null);
  await soon(2_499);
  expect(leg.over).toBeNull();
  await soon(1);
  expect(leg.over).toBe('terminated');
});

test('while the server cannot be heard the call goes on', async () => {
  await open();
  tell(ringing);
  const leg = FakeJsSipLine.last.invite('call-1');
  desk.answer();
  leg.accepted();
  tell(talking);
  browser.sockets.last.drop();
  await soon(60_000);
  expect(leg.over).toBeNull();
  expect(desk.phone.get().call?.stage).toBe('talking');
});

test('it tells who took a call, and that a caller gave up', async () => {
  await open();
  tell(ringing);
  tell(aCall({ state: 'talking', agent_id: OTHER, agent_name: '李', version: 2 }));
  expect(desk.notices.take()).toMatchObject([{ key: 'taken', values: { name: '李' } }]);
  snapshot({ calls: [ringing] });
  tell(null);
  expect(desk.notices.take()).toMatchObject([{ kind: 'warning', key: 'abandoned' }]);
});

test('a new task is one tick', async () => {
  await open();
  const tick = vi.spyOn(desk.desk.ringer, 'tick');
  snapshot({ tasks: [aTask()] });
  snapshot({ tasks: [aTask({ version: 2 })] });
  expect(tick).toHaveBeenCalledTimes(1);
});

test('what was fetched of a case is fetched again when its call changes', async () => {
  await open();
  const old = vi.spyOn(queries, 'invalidateQueries');
  tell(ringing);
  expect(old).toHaveBeenCalledWith({ queryKey: ['case', 'case-1'] });
});

test('the call that we talk on is kept for its wrap-up', async () => {
  await open();
  tell(talking);
  expect(desk.lastCall.get()).toEqual({ callId: 'call-1', caseId: 'case-1', wrappedUp: false });
});

test('a session that has ended leads to the sign-in', async () => {
  await open();
  browser.sockets.last.drop(4401);
  expect(expire).toHaveBeenCalledTimes(1);
});

test('replaced by a newer tab it gives up the telephone, and takes it back when asked', async () => {
  await open();
  browser.sockets.last.drop(4409);
  expect(desk.phone.get().registration).toBe('elsewhere');
  expect(FakeJsSipLine.last.stopped).toBe(true);
  desk.begin();
  await soon();
  expect(FakeJsSipLine.all).toHaveLength(2);
  expect(browser.sockets.all).toHaveLength(2);
});

test('when the network is back it does not wait', async () => {
  await open();
  browser.sockets.last.drop();
  window.dispatchEvent(new Event('online'));
  expect(browser.sockets.all).toHaveLength(2);
});

test('stopped it is silent, deaf and without a line', async () => {
  await open();
  tell(ringing);
  const line = FakeJsSipLine.last;
  desk.stop();
  await soon(10_000);
  window.dispatchEvent(new Event('online'));
  expect(desk.desk.ringer.current).toBeNull();
  expect(line.stopped).toBe(true);
  expect(browser.sockets.all).toHaveLength(1);
  expect(desk.notices.take()).toEqual([]);
});
