import { describe, expect, test } from 'vitest';
import type { ExceptionForm, ShiftForm, TurnView } from './queries';
import {
  daysFrom,
  draftOf,
  endsNextDay,
  isChanged,
  lanes,
  weekdayOf,
  withException,
  withoutShift,
  withShift,
  type Draft,
} from './rota';

const shift = (over: Partial<ShiftForm> = {}): ShiftForm => ({
  id: 's1',
  person_id: 'p1',
  level: 'supervisor',
  region_id: null,
  weekdays: [0, 1],
  starts: '20:00',
  ends: '08:00',
  valid_from: null,
  valid_to: null,
  ...over,
});
const exception = (over: Partial<ExceptionForm> = {}): ExceptionForm => ({
  id: 'e1',
  on_date: '2026-03-02',
  shift_id: 's1',
  person_id: null,
  level: 'supervisor',
  region_id: null,
  starts: '20:00',
  ends: '08:00',
  note: '',
  ...over,
});
const draft = (over: Partial<Draft> = {}): Draft => ({
  version: 1,
  shifts: [shift()],
  exceptions: [exception()],
  ...over,
});
const turn = (starts_at: string, ends_at: string): TurnView => ({
  person_id: 'p1',
  name: '马文斌',
  number: '',
  level: 'supervisor',
  region_id: null,
  region: '',
  starts_at,
  ends_at,
  shift_id: 's1',
  instead: false,
});

describe('a draft of the rota', () => {
  test('knows whether anything is different', () => {
    const rota = { ...draft(), timezone: 'Asia/Shanghai', changed_at: null, changed_by: '' };
    expect(isChanged(draftOf(rota), rota)).toBe(false);
    expect(isChanged(withShift(draftOf(rota), shift({ ends: '09:00' })), rota)).toBe(true);
  });

  test('a shift that goes takes its single days along; one that changes its days drops those that fit no more', () => {
    expect(withoutShift(draft(), 's1')).toEqual({ version: 1, shifts: [], exceptions: [] });
    expect(withShift(draft(), shift({ weekdays: [1] })).exceptions).toEqual([]);
    expect(withShift(draft(), shift({ weekdays: [0] })).exceptions).toHaveLength(1);
    expect(withShift(draft(), shift({ id: 's2' })).shifts.map((one) => one.id)).toEqual(['s1', 's2']);
  });

  test('single days stand in the order of time', () => {
    const later = withException(draft(), exception({ id: 'e2', on_date: '2026-02-01', shift_id: null }));
    expect(later.exceptions.map((one) => one.on_date)).toEqual(['2026-02-01', '2026-03-02']);
  });
});

test('days of the week and the end on the next day', () => {
  expect([weekdayOf('2026-03-02'), weekdayOf('2026-03-08')]).toEqual([0, 6]);
  expect([endsNextDay('20:00', '08:00'), endsNextDay('08:00', '08:00'), endsNextDay('08:00', '20:00')]).toEqual([
    true,
    true,
    false,
  ]);
  expect(daysFrom('2026-02-27', 3)).toEqual(['2026-02-27', '2026-02-28', '2026-03-01']);
});

test('a night stands on both days of the centre, whatever the browser takes for its own zone', () => {
  const days = ['2026-03-02', '2026-03-03'];
  const found = lanes([turn('2026-03-02T12:00:00Z', '2026-03-03T00:00:00Z')], days, 'Asia/Shanghai');
  expect(found.get('2026-03-02')?.map(({ from, length }) => [Math.round(from), Math.round(length)])).toEqual([
    [83, 17],
  ]);
  expect(found.get('2026-03-03')?.map(({ from, length }) => [Math.round(from), Math.round(length)])).toEqual([[0, 33]]);
});

test('a whole day that ends at midnight leaves nothing on the next', () => {
  const found = lanes(
    [turn('2026-03-01T16:00:00Z', '2026-03-02T16:00:00Z')],
    ['2026-03-02', '2026-03-03'],
    'Asia/Shanghai',
  );
  expect(found.get('2026-03-02')).toHaveLength(1);
  expect(found.get('2026-03-03')).toEqual([]);
});
