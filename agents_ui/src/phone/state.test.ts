// @vitest-environment node
import { expect, test } from 'vitest';
import { IDLE_PHONE, reducePhone, type PhoneEvent, type PhoneState } from './state';

const after = (events: PhoneEvent[], start: PhoneState = IDLE_PHONE): PhoneState => events.reduce(reducePhone, start);

const rings: PhoneEvent = { type: 'incoming', session: 's1', callId: 'c1', remote: '110' };

test('an incoming call goes from ringing over answering to talking', () => {
  expect(after([rings]).call).toMatchObject({ stage: 'ringing', direction: 'in', callId: 'c1', remote: '110' });
  expect(after([rings, { type: 'answering', session: 's1' }]).call?.stage).toBe('answering');
  const talking = after([rings, { type: 'answering', session: 's1' }, { type: 'talking', session: 's1', at: 5 }]);
  expect(talking.call).toMatchObject({ stage: 'talking', talkingSince: 5 });
});

test('a dialled call is outgoing and has no call id', () => {
  const state = after([{ type: 'dialling', session: 's1', remote: '8001' }]);
  expect(state.call).toMatchObject({ stage: 'dialling', direction: 'out', callId: null, remote: '8001', muted: false });
});

test('the end of the call is remembered with its cause', () => {
  const state = after([rings, { type: 'ended', session: 's1', cause: 'cancelled', at: 9 }]);
  expect(state.call).toBeNull();
  expect(state.lastEnd).toEqual({ session: 's1', callId: 'c1', cause: 'cancelled', at: 9 });
});

test.each<PhoneEvent>([
  { type: 'answering', session: 'old' },
  { type: 'talking', session: 'old', at: 1 },
  { type: 'ended', session: 'old', cause: 'remote', at: 1 },
])('$type of another leg changes nothing', (event) => {
  const ringing = after([rings]);
  expect(reducePhone(ringing, event)).toBe(ringing);
});

test.each<PhoneEvent>([
  { type: 'answering', session: 's1' },
  { type: 'talking', session: 's1', at: 1 },
  { type: 'muted', muted: true },
  { type: 'ended', session: 's1', cause: 'remote', at: 1 },
])('$type without a call changes nothing', (event) => {
  expect(reducePhone(IDLE_PHONE, event)).toBe(IDLE_PHONE);
});

test('a talking call does not fall back to answering, and its clock does not start again', () => {
  const talking = after([rings, { type: 'talking', session: 's1', at: 5 }]);
  expect(reducePhone(talking, { type: 'answering', session: 's1' })).toBe(talking);
  expect(reducePhone(talking, { type: 'talking', session: 's1', at: 50 })).toBe(talking);
});

test('what says nothing new leaves the same object, so that nobody draws again', () => {
  const state = after([{ type: 'registration', registration: 'registered' }, rings]);
  expect(reducePhone(state, { type: 'registration', registration: 'registered' })).toBe(state);
  expect(reducePhone(state, { type: 'microphone', microphone: 'unknown' })).toBe(state);
  expect(reducePhone(state, { type: 'muted', muted: false })).toBe(state);
});

test('a new leg starts unmuted', () => {
  const muted = after([rings, { type: 'talking', session: 's1', at: 1 }, { type: 'muted', muted: true }]);
  expect(muted.call?.muted).toBe(true);
  expect(after([{ ...rings, session: 's2' }], muted).call?.muted).toBe(false);
});

test('losing the registration does not touch the call', () => {
  const talking = after([rings, { type: 'talking', session: 's1', at: 1 }]);
  const state = reducePhone(talking, { type: 'registration', registration: 'unregistered' });
  expect(state.registration).toBe('unregistered');
  expect(state.call).toBe(talking.call);
});
