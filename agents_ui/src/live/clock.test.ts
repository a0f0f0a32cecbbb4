// @vitest-environment node
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AT, iso } from '../testing/fixtures';
import { ServerClock, Ticker } from './clock';

describe("the server's clock", () => {
  test('is our own until the server has spoken', () => {
    expect(new ServerClock(() => AT).now()).toBe(AT);
  });

  test('a machine that is an hour wrong shows the right time', () => {
    const clock = new ServerClock(() => AT - 3_600_000);
    clock.sample(iso(AT));
    expect(clock.now()).toBe(AT);
  });

  test('a slow message does not spoil it: the fastest one counts', () => {
    const own = { now: AT };
    const clock = new ServerClock(() => own.now);
    clock.sample(iso(AT + 5_000));
    own.now += 1_000;
    clock.sample(iso(AT + 3_000));
    expect(clock.offset).toBe(5_000);
  });

  test('what was long ago is forgotten, so that a clock that was set is followed', () => {
    const clock = new ServerClock(() => AT);
    clock.sample(iso(AT + 60_000));
    for (let i = 0; i < 11; i++) clock.sample(iso(AT + 1_000));
    expect(clock.offset).toBe(60_000);
    clock.sample(iso(AT + 1_000));
    expect(clock.offset).toBe(1_000);
  });

  test('a time that cannot be read is no sample', () => {
    const clock = new ServerClock(() => AT);
    clock.sample('soon');
    expect(clock.now()).toBe(AT);
  });
});

describe('the beat', () => {
  beforeEach(() => void vi.useFakeTimers({ now: AT + 130 }));
  afterEach(() => void vi.useRealTimers());

  test('turns on whole steps of the time of the server', () => {
    const clock = new ServerClock();
    clock.sample(iso(AT + 10_130));
    const ticker = new Ticker(clock);
    ticker.start();
    vi.advanceTimersByTime(250);
    expect(ticker.get()).toBe(AT + 10_250);
  });

  test('started twice it beats once, stopped it stands, and it can start again', () => {
    const ticker = new Ticker(new ServerClock());
    const heard = vi.fn();
    ticker.subscribe(heard);
    ticker.start();
    ticker.start();
    vi.advanceTimersByTime(1_000);
    expect(heard).toHaveBeenCalledTimes(4);
    ticker.stop();
    vi.advanceTimersByTime(1_000);
    expect(heard).toHaveBeenCalledTimes(4);
    ticker.start();
    vi.advanceTimersByTime(250);
    expect(heard).toHaveBeenCalledTimes(5);
  });
});
