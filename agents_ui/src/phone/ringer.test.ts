// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Ringer } from './ringer';

interface Beep {
  hz: number;
  level: number;
  at: number;
}

/** Writes down what would be heard. */
class FakeContext {
  currentTime = 0;
  readonly heard: Beep[] = [];
  resume = vi.fn(() => Promise.resolve());
  createOscillator() {
    const heard = this.heard;
    let to: { level: number } = { level: 0 };
    return {
      type: 'sine',
      frequency: { value: 0 },
      connect(gain: { level: number; connect: () => void }) {
        to = gain;
        return gain;
      },
      start(at: number) {
        heard.push({ hz: this.frequency.value, level: to.level, at });
      },
      stop: () => undefined,
    };
  }
  createGain() {
    const node = {
      level: 0,
      gain: {
        setValueAtTime: () => undefined,
        exponentialRampToValueAtTime: (level: number) => (node.level = Math.max(node.level, level)),
      },
      connect: () => undefined,
    };
    return node;
  }
}

let context: FakeContext;
let ringer: Ringer;
beforeEach(() => {
  vi.useFakeTimers();
  context = new FakeContext();
  ringer = new Ringer(context as unknown as AudioContext);
});
afterEach(() => void vi.useRealTimers());

const heardAfter = (ms: number): Beep[] => {
  context.heard.length = 0;
  vi.advanceTimersByTime(ms);
  return context.heard;
};

test('an SOS is heard at once: two tones, one after the other', () => {
  ringer.ring('sos');
  expect(context.heard.map((beep) => beep.hz)).toEqual([880, 660]);
  expect(context.heard[1]?.at).toBeGreaterThan(context.heard[0]?.at ?? 0);
  expect(ringer.current).toBe('sos');
});

test('an SOS comes again each 1.5 s and grows louder, up to full', () => {
  ringer.ring('sos');
  const beeps = [...context.heard, ...heardAfter(9_000)].filter((beep) => beep.hz === 880);
  expect(beeps).toHaveLength(7);
  const levels = beeps.map((beep) => beep.level);
  expect(levels).toEqual([...levels].sort((a, b) => a - b));
  expect(levels[1]).toBeGreaterThan(levels[0] ?? 1);
  expect(levels.at(-1)).toBe(0.9);
});

test('a service call is a soft bell each 3 s that does not grow', () => {
  ringer.ring('service');
  const first = [...context.heard];
  expect(first.length).toBeGreaterThan(0);
  expect(heardAfter(2_999)).toEqual([]);
  expect(heardAfter(1)).toEqual(first);
});

test('ringing goes on without starting again when it is said twice', () => {
  ringer.ring('sos');
  context.heard.length = 0;
  ringer.ring('sos');
  expect(context.heard).toEqual([]);
});

test('it is silent at once when the call is taken', () => {
  ringer.ring('sos');
  ringer.ring(null);
  expect(heardAfter(10_000)).toEqual([]);
  expect(ringer.current).toBeNull();
});

test('an SOS after a service call rings as an SOS only, from the quiet beginning', () => {
  ringer.ring('service');
  context.heard.length = 0;
  ringer.ring('sos');
  expect(context.heard.map((beep) => beep.level)).toEqual([0.25, 0.25]);
  expect(new Set(heardAfter(3_000).map((beep) => beep.hz))).toEqual(new Set([880, 660]));
});

test('a task is one tick, which does not stop a ringing call', () => {
  ringer.ring('service');
  context.heard.length = 0;
  ringer.tick();
  expect(context.heard).toHaveLength(1);
  expect(ringer.current).toBe('service');
  expect(heardAfter(3_000).length).toBeGreaterThan(0);
});

test('a browser that refuses sound does not break the desk', async () => {
  context.resume.mockRejectedValue(new Error('not allowed'));
  ringer.ring('sos');
  await vi.advanceTimersByTimeAsync(1_500);
  expect(ringer.current).toBe('sos');
});
