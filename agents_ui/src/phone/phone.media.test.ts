import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ACCOUNT, FakeLine, FakeSession, FakeSound } from '../testing/fake-line';
import { Phone } from './phone';

const ringAgain = vi.fn();
let lines: FakeLine[] = [];
let phone: Phone;
const handlers = () => (lines.at(-1) as FakeLine).handlers;

beforeEach(async () => {
  vi.useFakeTimers();
  ringAgain.mockReset();
  lines = [];
  phone = new Phone({
    makeLine: (_, given) => {
      const line = new FakeLine(given);
      lines.push(line);
      return line;
    },
    sound: new FakeSound(),
    resume: null,
    isJoined: () => true,
    ringAgain,
  });
  await phone.start(ACCOUNT);
});
afterEach(() => void vi.useRealTimers());

function ring(callId = 'call-1'): FakeSession {
  const leg = new FakeSession({ 'X-OneKey-Call': callId });
  leg.handlers = handlers();
  handlers().onIncoming(leg);
  return leg;
}
function talk(): FakeSession {
  const leg = ring();
  phone.answer();
  leg.accepted();
  return leg;
}

describe('a leg that carries no sound', () => {
  test('is asked to be laid anew four seconds after the answer, and answered by itself', () => {
    const dead = talk();
    vi.advanceTimersByTime(3_900);
    expect(ringAgain).not.toHaveBeenCalled();
    vi.advanceTimersByTime(200);
    expect(ringAgain).toHaveBeenCalledTimes(1);
    dead.endedBy('remote');
    const fresh = ring();
    expect(fresh.answered).toBe(true);
    fresh.accepted();
    handlers().onMedia(fresh, 'up');
    vi.advanceTimersByTime(60_000);
    expect(ringAgain).toHaveBeenCalledTimes(1);
  });
  test('is asked for again while nobody answers', () => {
    talk();
    vi.advanceTimersByTime(12_100);
    expect(ringAgain).toHaveBeenCalledTimes(3);
  });
  test('a path that breaks is given up at once, one that shakes has time to come back', () => {
    const leg = talk();
    handlers().onMedia(leg, 'up');
    handlers().onMedia(leg, 'shaky');
    vi.advanceTimersByTime(3_000);
    handlers().onMedia(leg, 'up');
    vi.advanceTimersByTime(30_000);
    expect(ringAgain).not.toHaveBeenCalled();
    handlers().onMedia(leg, 'gone');
    expect(ringAgain).toHaveBeenCalledTimes(1);
  });
});

test('a leg with sound is left alone, also when the path stood before the answer was taken', () => {
  const leg = ring();
  phone.answer();
  handlers().onMedia(leg, 'up');
  leg.accepted();
  vi.advanceTimersByTime(60_000);
  expect(ringAgain).not.toHaveBeenCalled();
});

test('after the call nothing is asked for', () => {
  const leg = talk();
  leg.endedBy('remote');
  vi.advanceTimersByTime(60_000);
  expect(ringAgain).not.toHaveBeenCalled();
});
