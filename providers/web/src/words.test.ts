import { expect, it } from 'vitest';
import { en } from './i18n/en';
import { zh } from './i18n/zh';
import { clock, distance, fenOf, moment, yuan } from './words';

it.each<[string, number | null]>([
  ['45', 4500], ['45.5', 4550], ['45.05', 4505], ['０', 0], ['４５．５', 4550], ['45。5', 4550], [' 45 ', 4500], ['50000', 5_000_000],
  ['50000.01', null], ['-1', null], ['', null], ['4,5', null], ['45.555', null], ['1e3', null], ['四十', null],
])('%s yuan is %s fen', (text, fen) => expect(fenOf(text)).toBe(fen)); // prettier-ignore

it.each([
  [4000, '40'],
  [4550, '45.50'],
  [0, '0'],
])('%i fen is %s yuan', (fen, text) => expect(yuan(fen)).toBe(text));

it.each<[number, string]>([
  [0, '0米'],
  [347, '350米'],
  [1260, '1.3公里'],
])('%i m is %s', (metres, text) => expect(distance(metres, 'zh')).toBe(text));

it.each<[number, string]>([
  [-3, '00:00'],
  [65.9, '01:05'],
  [3661, '1:01:01'],
])('%d s is %s', (seconds, text) => expect(clock(seconds)).toBe(text));

it.each<[string, string]>([
  ['2026-11-26T06:00:00Z', '今天 14:00'],
  ['2026-11-26T16:30:00Z', '明天 00:30'],
  ['2026-11-25T15:59:00Z', '昨天 23:59'],
  ['2026-12-03T01:30:00Z', '12月3日 09:30'],
])('%s is %s in China', (at, text) =>
  expect(moment(new Date(at), new Date('2026-11-26T02:00:00Z'), 'Asia/Shanghai', 'zh')).toBe(text),
);

it('every word asks for the same values in both languages', () => {
  const asked = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();
  for (const key of Object.keys(zh) as (keyof typeof zh)[])
    expect([key, asked(en[key])]).toEqual([key, asked(zh[key])]);
});
