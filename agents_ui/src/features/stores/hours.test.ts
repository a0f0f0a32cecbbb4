// @vitest-environment node
import { expect, test } from 'vitest';
import { readDay, writeDay } from './hours';

test.each([
  ['', []],
  ['08:00-18:00', [[480, 1080]]],
  ['8-18', [[480, 1080]]],
  [
    '14:00-18:00，8:30-12:00',
    [
      [510, 720],
      [840, 1080],
    ],
  ],
  ['00:00-24:00', [[0, 1440]]],
])('%s is read', (text, spans) => {
  expect(readDay(text)).toEqual(spans);
  expect(readDay(writeDay(spans as [number, number][]))).toEqual(spans);
});

test.each(['随时', '18:00-08:00', '08:00-25:00', '08:70-09:00', '08:00-12:00,11:00-13:00', '08:00'])(
  '%s is refused',
  (text) => {
    expect(readDay(text)).toBeNull();
  },
);
