import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fakeBrowser, type FakeBrowser } from '../testing/browser';
import { ACCOUNT, FakeJsSipLine } from '../testing/fake-line';
import { fakeServer, type FakeServer } from '../testing/server';
import { PhoneDesk, reported } from './phone-desk';

vi.mock('../phone/jssip-line', async () => ({ JsSipLine: (await import('../testing/fake-line')).FakeJsSipLine }));

let browser: FakeBrowser;
let server: FakeServer;
let desk: PhoneDesk;
const soon = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
  browser = fakeBrowser();
  server = fakeServer().on('POST /api/phone', ACCOUNT);
  desk = new PhoneDesk(() => false);
});
afterEach(() => {
  desk.stop();
  vi.useRealTimers();
});

async function talk(): Promise<void> {
  desk.start();
  await soon();
  FakeJsSipLine.last.handlers.onRegistration('registered');
  const leg = FakeJsSipLine.last.invite('call-1');
  desk.phone.answer();
  leg.accepted();
}

test('the server is told of our registration only when it is ours', () => {
  expect(reported('off')).toBeNull();
  expect(reported('elsewhere')).toBeNull();
  expect(reported('connecting')).toEqual({ type: 'phone', state: 'unregistered' });
  expect(reported('registered')).toEqual({ type: 'phone', state: 'registered' });
  expect(reported('failed')).toEqual({ type: 'phone', state: 'failed' });
});

test('it fetches the account, then registers with it', async () => {
  desk.start();
  expect(desk.phone.get().registration).toBe('connecting');
  await soon();
  expect(FakeJsSipLine.last.account).toEqual(ACCOUNT);
  expect(FakeJsSipLine.last.started).toBe(true);
});

test('while voice is away it asks again, each three seconds', async () => {
  server.refuse('POST /api/phone', 'voice_away', 503);
  desk.start();
  await soon();
  expect(FakeJsSipLine.all).toHaveLength(0);
  expect(desk.phone.get().registration).toBe('connecting');
  server.on('POST /api/phone', ACCOUNT);
  await soon(3_000);
  expect(FakeJsSipLine.all).toHaveLength(1);
});

test('signed out while the account was on its way, no telephone starts', async () => {
  desk.start();
  desk.stop();
  await soon(10_000);
  expect(FakeJsSipLine.all).toHaveLength(0);
  expect(browser.devices.microphones).toHaveLength(0);
});

test('signed out while voice is away, nobody asks any more', async () => {
  server.refuse('POST /api/phone', 'voice_away', 503);
  desk.start();
  await soon();
  desk.stop();
  await soon(30_000);
  expect(server.routes()).toEqual(['POST /api/phone']);
});

test('a headset that is plugged in is used without a click', async () => {
  browser.devices.problem = 'NotFoundError';
  desk.start();
  await soon();
  expect(desk.phone.get()).toMatchObject({ microphone: 'missing', registration: 'failed' });
  browser.devices.problem = null;
  browser.devices.dispatchEvent(new Event('devicechange'));
  await soon();
  expect(desk.phone.get().microphone).toBe('granted');
  expect(FakeJsSipLine.last.started).toBe(true);
});

test('a refused microphone is not asked for again by itself, but by "try again"', async () => {
  browser.devices.problem = 'NotAllowedError';
  desk.start();
  await soon();
  browser.devices.problem = null;
  browser.devices.dispatchEvent(new Event('devicechange'));
  await soon();
  expect(desk.phone.get().microphone).toBe('denied');
  desk.retry();
  await soon();
  expect(desk.phone.get().microphone).toBe('granted');
});

test('a headset pulled out in mid-call and put back in gives the same call the new microphone', async () => {
  await talk();
  const old = browser.devices.microphones[0];
  old?.track.dispatchEvent(new Event('ended'));
  expect(desk.phone.get()).toMatchObject({ microphone: 'missing', call: { stage: 'talking' } });
  browser.devices.dispatchEvent(new Event('devicechange'));
  await soon();
  expect(FakeJsSipLine.all).toHaveLength(1);
  expect(FakeJsSipLine.last.stopped).toBe(false);
  expect(desk.phone.get()).toMatchObject({ microphone: 'granted', registration: 'registered' });
});

test('given up for another window it says so and leaves its line', async () => {
  desk.start();
  await soon();
  desk.giveUp(false);
  expect(desk.phone.get().registration).toBe('elsewhere');
  expect(FakeJsSipLine.last.stopped).toBe(true);
});

test('in mid-call it is given up only after the call', async () => {
  await talk();
  desk.giveUp(false);
  expect(FakeJsSipLine.last.stopped).toBe(false);
  expect(desk.phone.get().call?.stage).toBe('talking');
  desk.phone.hangUp();
  expect(FakeJsSipLine.last.stopped).toBe(true);
  expect(desk.phone.get().registration).toBe('elsewhere');
});

test('after the sign-out neither line nor microphone nor ring tone are left', async () => {
  desk.start();
  await soon();
  desk.ringer.ring('sos');
  desk.stop();
  expect(FakeJsSipLine.last.stopped).toBe(true);
  expect(browser.devices.microphones[0]?.active).toBe(false);
  expect(desk.ringer.current).toBeNull();
  desk.retry();
  await soon(5_000);
  expect(FakeJsSipLine.all).toHaveLength(1);
});

test('the next sign-in asks for its own account', async () => {
  desk.start();
  await soon();
  desk.stop();
  desk.start();
  await soon();
  expect(server.routes()).toEqual(['POST /api/phone', 'POST /api/phone']);
});
