// @vitest-environment node
import { expect, test, vi } from 'vitest';
import { clockTime, dayOf, duration, moment, phoneNumber, ratio, browserName } from './format';

test.each([
  [0, '0:00'],
  [999, '0:00'],
  [7_000, '0:07'],
  [751_000, '12:31'],
  [3_599_999, '59:59'],
  [3_723_000, '1:02:03'],
  [90_000_000, '25:00:00'],
  [-5_000, '0:00'],
])('%i ms last %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

const local = (year: number, month: number, day: number, h: number, m: number, s: number): number =>
  new Date(year, month - 1, day, h, m, s).getTime();

test('the time of day has two digits everywhere', () => {
  expect(clockTime(local(2026, 3, 2, 8, 5, 9))).toBe('08:05:09');
  expect(clockTime(local(2026, 3, 2, 8, 5, 9), false)).toBe('08:05');
});

test('the day of an instant is the day here, not in Greenwich', () => {
  vi.stubEnv('TZ', 'Asia/Shanghai');
  expect(dayOf('2026-11-27T23:30:00Z')).toBe('2026-11-28');
  expect(dayOf('2026-11-28T15:59:59.9Z')).toBe('2026-11-28');
  expect(dayOf('2026-11-28T16:00:00Z')).toBe('2026-11-29');
  vi.unstubAllEnvs();
});

test('a moment shows as little as is needed to be sure of the day', () => {
  const now = local(2026, 3, 2, 12, 0, 0);
  expect(moment(local(2026, 3, 2, 0, 0, 1), now)).toBe('00:00:01');
  expect(moment(local(2026, 3, 1, 23, 59, 0), now)).toBe('03-01 23:59');
  expect(moment(local(2026, 2, 2, 12, 0, 0), now)).toBe('02-02 12:00');
  expect(moment(local(2025, 3, 2, 12, 0, 0), now)).toBe('2025-03-02 12:00');
});

test('a share of nothing is a dash, not a division by zero', () => {
  expect(ratio(22, 23)).toBe('96% (22/23)');
  expect(ratio(0, 0)).toBe('–');
  expect(ratio(0, 5)).toBe('0% (0/5)');
});

test.each([
  ['+8613812345678', '138 1234 5678'],
  ['13812345678', '138 1234 5678'],
  ['+867103456789', '0710-345 6789'],
  ['07103456789', '0710-345 6789'],
  ['+861012345678', '010-1234 5678'],
  ['+862712345678', '027-1234 5678'],
  ['12349', '12349'],
  ['95588', '95588'],
  ['4001234567', '4001234567'],
  ['+4930123456', '+4930123456'],
  ['138****5678', '138****5678'],
  ['0710-345****', '0710-345****'],
  ['', ''],
])('the number %s is written %s', (raw, text) => {
  expect(phoneNumber(raw)).toBe(text);
});

test.each([
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
    'Chrome · Windows',
  ],
  ['Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0', 'Edge · Windows'],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 14_1) AppleWebKit/605.1.15 Version/17.1 Safari/605.1.15', 'Safari · macOS'],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0', 'Firefox · Linux'],
  ['Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/131.0.0.0 Mobile Safari/537.36', 'Chrome · Android'],
  ['curl/8.5', '?'],
])('%s is %s', (userAgent, name) => expect(browserName(userAgent)).toBe(name));
