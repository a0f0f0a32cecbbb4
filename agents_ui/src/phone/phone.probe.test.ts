// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { makeRig, type Rig } from '../testing/fake-phone';
import { ACCOUNT } from '../testing/fake-line';

/** A microphone of which copies can be made. */
class FakeStream {
  readonly track = { enabled: true, stopped: false, stop: () => (this.track.stopped = true) };
  readonly copies: FakeStream[] = [];
  clone(): FakeStream {
    const copy = new FakeStream();
    this.copies.push(copy);
    return copy;
  }
  getTracks = () => [this.track];
  getAudioTracks = () => [this.track];
}

let rig: Rig;
let microphone: FakeStream;

beforeEach(async () => {
  vi.useFakeTimers();
  rig = makeRig();
  microphone = new FakeStream();
  rig.sound.answer = () => Promise.resolve(microphone as unknown as MediaStream);
  await rig.phone.start(ACCOUNT);
  rig.line().handlers.onRegistration('registered');
});
afterEach(() => vi.useRealTimers());

test('a probe is answered without ringing, and without the room being heard', async () => {
  const before = rig.phone.get();
  const leg = rig.line().probe();
  expect(leg.answered).toBe(true);
  expect(leg.microphone).toBe(microphone.copies[0]);
  expect(microphone.copies[0]?.track.enabled).toBe(false);
  expect(microphone.track.enabled).toBe(true);
  leg.accepted();
  rig.line().handlers.onRemoteStream(leg, {} as MediaStream);
  await vi.advanceTimersByTimeAsync(1000);
  expect(rig.phone.get()).toBe(before);
  expect(rig.sound.playing).toBeNull();
});

test('the key is pressed once, and only when sound has arrived', async () => {
  const leg = rig.line().probe();
  leg.heard = 20;
  await vi.advanceTimersByTimeAsync(1000);
  expect(leg.digits).toBe('');
  leg.heard = 0;
  leg.accepted();
  await vi.advanceTimersByTimeAsync(1000);
  expect(leg.digits).toBe('');
  leg.heard = 5;
  await vi.advanceTimersByTimeAsync(1000);
  expect(leg.digits).toBe('5');
  leg.endedBy('remote');
  expect(microphone.copies[0]?.track.stopped).toBe(true);
  expect(microphone.track.stopped).toBe(false);
  await vi.advanceTimersByTimeAsync(1000);
  expect(leg.digits).toBe('5');
});

test('a real call wins: it rings, and the probe is let go of', () => {
  const probe = rig.line().probe();
  probe.accepted();
  const call = rig.line().invite('c1');
  expect(probe.over).toBe('terminated');
  expect(rig.phone.get().call).toMatchObject({ callId: 'c1', stage: 'ringing' });
  rig.phone.answer();
  call.accepted();
  expect(rig.phone.get().call?.stage).toBe('talking');
});

test('who talks is not proved, and is not disturbed', () => {
  const call = rig.line().invite('c1');
  rig.phone.answer();
  call.accepted();
  const before = rig.phone.get();
  expect(rig.line().probe().over).toBe('declined');
  expect(rig.phone.get()).toBe(before);
  expect(call.over).toBeNull();
});

test('a probe that begins again replaces the old one', () => {
  const old = rig.line().probe();
  const fresh = rig.line().probe();
  expect(old.over).toBe('terminated');
  expect(fresh.answered).toBe(true);
});
