// @vitest-environment node
import { expect, test } from 'vitest';
import { readyRig } from '../testing/fake-phone';

test('a call with an id rings and is answered once', async () => {
  const { phone, line } = await readyRig();
  const leg = line().invite('c1');
  expect(phone.get().call).toMatchObject({ callId: 'c1', stage: 'ringing' });
  expect(leg.answered).toBe(false);

  phone.answer();
  phone.answer();
  expect(leg.answered).toBe(true);
  expect(phone.get().call?.stage).toBe('answering');

  leg.accepted();
  expect(phone.get().call?.stage).toBe('talking');
});

test('a call without an id, rung by the PBX itself, can be answered too', async () => {
  const { phone, line } = await readyRig();
  const leg = line().invite(null, '13812345678');
  expect(phone.get().call).toMatchObject({ callId: null, remote: '13812345678', stage: 'ringing' });
  phone.answer();
  leg.accepted();
  expect(leg.answered).toBe(true);
  expect(phone.get().call?.stage).toBe('talking');
});

test('answering by id leaves another call that rings alone', async () => {
  const { phone, line } = await readyRig();
  const leg = line().invite('c1');
  phone.answer('c2');
  expect(leg.answered).toBe(false);
});

test.each(['c2', null])('a second call (%s) is declined and does not disturb the first', async (second) => {
  const { phone, line } = await readyRig();
  const first = line().invite('c1');
  phone.answer();
  first.accepted();
  const before = phone.get();
  expect(line().invite(second).over).toBe('declined');
  expect(phone.get()).toBe(before);
  expect(first.over).toBeNull();
});

test('two calls without an id are two calls', async () => {
  const { phone, line } = await readyRig();
  const first = line().invite(null);
  expect(line().invite(null).over).toBe('declined');
  expect(phone.get().call?.session).toBe(first.id);
});

test('a call that rings again before it was answered replaces its old leg and waits for the agent', async () => {
  const { phone, line } = await readyRig();
  const old = line().invite('c1');
  const fresh = line().invite('c1');
  expect(old.over).toBe('terminated');
  expect(phone.get().call).toMatchObject({ session: fresh.id, stage: 'ringing' });
  expect(fresh.answered).toBe(false);
});

test('a call that rings again after it was answered is answered by itself', async () => {
  const { phone, line } = await readyRig();
  const old = line().invite('c1');
  phone.answer();
  old.accepted();
  const fresh = line().invite('c1');
  expect(old.over).toBe('terminated');
  expect(fresh.answered).toBe(true);
  fresh.accepted();
  expect(phone.get().call).toMatchObject({ session: fresh.id, stage: 'talking' });
});

test('what still comes from the replaced leg is not heard', async () => {
  const { phone, line, sound } = await readyRig();
  const old = line().invite('c1');
  phone.answer();
  const fresh = line().invite('c1');
  fresh.accepted();
  const talking = phone.get();
  old.accepted();
  line().handlers.onRemoteStream(old, {} as MediaStream);
  line().handlers.onEnded(old, 'remote');
  expect(phone.get()).toBe(talking);
  expect(sound.playing).toBeNull();
  phone.hangUp();
  expect(fresh.over).toBe('terminated');
});

test('the far side is played while the leg lives and silent after it', async () => {
  const { line, sound } = await readyRig();
  const leg = line().invite('c1');
  const stream = {} as MediaStream;
  line().handlers.onRemoteStream(leg, stream);
  expect(sound.playing).toBe(stream);
  leg.endedBy('remote');
  expect(sound.playing).toBeNull();
});

test('a caller who gives up stops the ringing', async () => {
  const { phone, line } = await readyRig();
  line().invite('c1').endedBy('cancelled');
  expect(phone.get().call).toBeNull();
  expect(phone.get().lastEnd).toMatchObject({ callId: 'c1', cause: 'cancelled' });
});

test('declining works only while it rings', async () => {
  const { phone, line } = await readyRig();
  const leg = line().invite('c1');
  phone.answer();
  phone.decline();
  expect(leg.over).toBeNull();

  leg.endedBy('remote');
  const second = line().invite('c2');
  phone.decline();
  expect(second.over).toBe('declined');
  expect(phone.get().call).toBeNull();
});

test('hanging up declines what rings and ends what is talked', async () => {
  const { phone, line } = await readyRig();
  phone.hangUp();
  const ringing = line().invite('c1');
  phone.hangUp();
  expect(ringing.over).toBe('declined');

  const talked = line().invite('c2');
  phone.answer();
  talked.accepted();
  phone.hangUp();
  expect(talked.over).toBe('terminated');
  expect(phone.get().call).toBeNull();
});

test('mute closes our side and says so; the next call is open again', async () => {
  const { phone, line, sound } = await readyRig();
  const leg = line().invite('c1');
  phone.answer();
  leg.accepted();
  phone.setMuted(true);
  expect(sound.open).toBe(false);
  expect(phone.get().call?.muted).toBe(true);
  phone.setMuted(false);
  expect(sound.open).toBe(true);
  phone.setMuted(true);
  leg.endedBy('remote');

  expect(sound.open).toBe(true);
  line().invite('c2');
  phone.answer();
  expect(phone.get().call?.muted).toBe(false);
  expect(sound.open).toBe(true);
});

test('mute without a call does nothing, so that the next caller hears us', async () => {
  const { phone, sound } = await readyRig();
  phone.setMuted(true);
  expect(sound.open).toBe(true);
});

test('what is shown as muted is muted: a call that is only ringing cannot be', async () => {
  const { phone, line, sound } = await readyRig();
  line().invite('c1');
  phone.setMuted(true);
  phone.answer();
  expect(phone.get().call?.muted).toBe(!sound.open);
});

test('digits go out only while talking', async () => {
  const { phone, line } = await readyRig();
  const leg = line().invite('c1');
  phone.sendDigits('1');
  phone.answer();
  phone.sendDigits('2');
  leg.accepted();
  phone.sendDigits('3#');
  expect(leg.digits).toBe('3#');
});

test('the training telephone dials with its headers and hears how it ends', async () => {
  const { phone, line, sound } = await readyRig();
  phone.dial('8001', ['X-OneKey-Caller: 07103456789']);
  phone.dial('8002', []);
  expect(line().called.map(({ number, headers }) => [number, headers])).toEqual([
    ['8001', ['X-OneKey-Caller: 07103456789']],
  ]);
  expect(phone.get().call).toMatchObject({ stage: 'dialling', direction: 'out', remote: '8001' });
  expect(sound.open).toBe(true);
  line().called[0]?.session.endedBy('busy');
  expect(phone.get().lastEnd?.cause).toBe('busy');
});
