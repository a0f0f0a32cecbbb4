import { describe, expect, test } from 'vitest';
import { aStep, aTurn } from '../../testing/emergency';
import { answerOf, currentStep, doneTurns, isTyping, ladderOf, lastTurn, said, stepsAhead } from './steps';

const done = aTurn({ position: 1, step: 'conscious' });
const skipped = aTurn({ position: 2, step: 'memory', state: 'skipped', reason: '听不清' });
const undone = aTurn({ position: 3, step: 'where', undone_at: '2026-03-02T08:00:05Z', state: 'taken_back' });
const pending = aTurn({ position: 4, step: 'where', state: 'pending', at: null });

describe('what is shown of a run', () => {
  test('done and skipped ones that still stand, of all runs; the newest of this run can be taken back', () => {
    const history = [
      aTurn({ run: 1, position: 7, step: 'old' }),
      ...[done, skipped, undone, pending].map((t) => ({ ...t, run: 2 })),
    ];
    expect(doneTurns({ history }).map((turn) => turn.step)).toEqual(['old', 'conscious', 'memory']);
    expect(lastTurn({ history, run: 2 })?.step).toBe('memory');
    expect(lastTurn({ history, run: 3 })).toBeNull();
  });
  test('the present one, and the next four that a way leads to', () => {
    const steps = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((code) => aStep({ code, standing: 'pending' }));
    steps[1] = aStep({ code: 'b', standing: 'off_path' });
    const view = { steps, current: 'a' };
    expect(currentStep(view)?.code).toBe('a');
    expect(stepsAhead(view).map((step) => step.code)).toEqual(['c', 'd', 'e', 'f']);
    expect(currentStep({ steps, current: null })).toBeNull();
  });
});

describe('keys 1 to 4', () => {
  const step = aStep({
    answers: ['yes', 'no'].map((code) => ({ code, words: { zh: code, en: code }, to: 'x', no_outside: null })),
  });
  test.each([
    ['1', false, 'yes'],
    ['2', false, 'no'],
    ['3', false, null],
    ['5', false, null],
    ['1', true, null],
    ['a', false, null],
  ])('%s, typing %s: %s', (key, typing, code) => {
    expect(answerOf(step, key, typing)).toBe(code);
  });
  test('are letters in a field and in a dialog', () => {
    document.body.innerHTML =
      '<textarea></textarea><div role="dialog"><button></button></div><main><button></button></main>';
    expect(isTyping(document.querySelector('textarea'))).toBe(true);
    expect(isTyping(document.querySelector('[role=dialog] button'))).toBe(true);
    expect(isTyping(document.querySelector('main button'))).toBe(false);
    expect(isTyping(null)).toBe(false);
  });
});

test('words are of the reader', () => {
  expect(said({ zh: '好', en: 'well' }, 'zh')).toBe('好');
  expect(said({ zh: '好', en: 'well' }, 'en')).toBe('well');
  expect(said(null, 'zh')).toBe('');
});

test('a ladder is begun as the protocol writes it, within what the program takes', () => {
  expect(
    ladderOf([
      { who: 'key_holders', how: 'parallel', ring: 25, wait: 60, agency: null },
      { who: 'outside', how: 'in_order', ring: 0, wait: 0, agency: '120' },
    ]),
  ).toEqual([
    { who: 'key_holders', how: 'parallel', ring_s: 25, wait_s: 60, agency: '' },
    { who: 'outside', how: 'in_order', ring_s: 25, wait_s: 30, agency: '120' },
  ]);
});
