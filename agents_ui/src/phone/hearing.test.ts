import { describe, expect, test } from 'vitest';
import { HearingWatch, type Heard, type HearingFault } from './hearing';

const STEP = 200;
const room: Heard = { in: 0.02, out: 0.002, voice: 0.002, muted: false, onHold: false };

/** What is said after so many ms of the same, from `from` on. */
function after(watch: HearingWatch, ms: number, heard: Partial<Heard>, from = 0): HearingFault {
  let said: HearingFault = null;
  for (let at = 0; at <= ms; at += STEP) said = watch.look({ ...room, ...heard }, from + at);
  return said;
}

describe('somebody who talks while muted', () => {
  const talking = { muted: true, out: 0, voice: 0.05 };
  test('is told within a sentence, not at a cough', () => {
    expect(after(new HearingWatch(), 400, talking)).toBeNull();
    expect(after(new HearingWatch(), 1_000, talking)).toBe('talking-muted');
  });
  test('can read it when the sentence is over, and then it goes', () => {
    const watch = new HearingWatch();
    after(watch, 1_000, talking);
    expect(after(watch, 2_000, { muted: true, out: 0 }, 1_200)).toBe('talking-muted');
    expect(after(watch, 5_000, { muted: true, out: 0 }, 3_400)).toBeNull();
  });
  test('is heard again as soon as she opens the microphone', () => {
    const watch = new HearingWatch();
    after(watch, 1_000, talking);
    expect(watch.look({ ...room, voice: 0.05, out: 0.05 }, 1_200)).toBeNull();
  });
  test('coughs far apart are no sentence', () => {
    const watch = new HearingWatch();
    for (let i = 0; i < 5; i += 1) {
      expect(after(watch, 200, talking, i * 3_000)).toBeNull();
      expect(after(watch, 2_400, { muted: true }, i * 3_000 + 400)).toBeNull();
    }
  });
});

describe('a microphone that gives nothing', () => {
  test('is told after five seconds; a quiet room is not', () => {
    expect(after(new HearingWatch(), 4_800, { out: 0, voice: 0 })).toBeNull();
    expect(after(new HearingWatch(), 5_000, { out: 0, voice: 0 })).toBe('not-heard');
    expect(after(new HearingWatch(), 60_000, {})).toBeNull();
  });
  test('is no news while muted', () => {
    expect(after(new HearingWatch(), 9_000, { out: 0, voice: 0, muted: true })).toBeNull();
  });
});

describe('a line that carries nothing', () => {
  test('is told after ten seconds, and goes with the first sound', () => {
    const watch = new HearingWatch();
    expect(after(watch, 9_800, { in: 0 })).toBeNull();
    expect(watch.look({ ...room, in: 0 }, 10_000)).toBe('hears-nothing');
    expect(watch.look(room, 10_200)).toBeNull();
  });
  test('is as it should be while the caller is on hold', () => {
    expect(after(new HearingWatch(), 60_000, { in: 0, onHold: true })).toBeNull();
  });
});
