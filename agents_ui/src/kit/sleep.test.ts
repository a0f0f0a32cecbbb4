import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { watchForSleep } from './sleep';

let now = 0;
let visible: DocumentVisibilityState = 'visible';
const woke = vi.fn();
let stop: () => void;
const beat = (passed: number): void => {
  now += passed;
  vi.advanceTimersByTime(1_000);
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => visible);
  now = 0;
  visible = 'visible';
  woke.mockReset();
  stop = watchForSleep(woke, () => now);
});
afterEach(() => {
  stop();
  vi.useRealTimers();
});

test('a machine that slept is told for how long, once', () => {
  beat(1_000);
  beat(42_000);
  beat(1_000);
  expect(woke.mock.calls).toEqual([[42_000]]);
});

test('a slow moment is no sleep, nor is a tab in the background', () => {
  beat(9_000);
  visible = 'hidden';
  beat(60_000);
  expect(woke).not.toHaveBeenCalled();
});

test('stopped, it says nothing more', () => {
  stop();
  beat(60_000);
  expect(woke).not.toHaveBeenCalled();
});
