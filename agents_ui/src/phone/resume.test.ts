// @vitest-environment node
import { expect, test } from 'vitest';
import { MemoryStorage } from '../kit/storage';
import { ResumeNote } from './resume';

const KEY = 'onekey.talking';

function kept(): { note: ResumeNote; storage: MemoryStorage; clock: { now: number } } {
  const storage = new MemoryStorage();
  const clock = { now: 1_000_000 };
  return { storage, clock, note: new ResumeNote(storage, () => clock.now) };
}

test('is for the call that was talked on, and for no other', () => {
  const { note } = kept();
  expect(note.isFor('c1')).toBe(false);
  note.keep('c1');
  expect(note.isFor('c1')).toBe(true);
  expect(note.isFor('c2')).toBe(false);
});

test('the newest call counts', () => {
  const { note } = kept();
  note.keep('c1');
  note.keep('c2');
  expect(note.isFor('c1')).toBe(false);
  expect(note.isFor('c2')).toBe(true);
});

test('is good for 20 seconds', () => {
  const { note, clock } = kept();
  note.keep('c1');
  clock.now += 20_000;
  expect(note.isFor('c1')).toBe(true);
  clock.now += 1;
  expect(note.isFor('c1')).toBe(false);
});

test('forgotten is forgotten', () => {
  const { note } = kept();
  note.keep('c1');
  note.forget();
  expect(note.isFor('c1')).toBe(false);
});

test.each(['{', 'null', '"c1"', '{"callId":"c1"}', '{"callId":"c1","at":"now"}'])(
  'a spoiled note (%s) answers no call',
  (spoiled) => {
    const { note, storage } = kept();
    storage.set(KEY, spoiled);
    expect(note.isFor('c1')).toBe(false);
  },
);
