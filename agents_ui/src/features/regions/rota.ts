import type { ExceptionForm, RotaForm, ProblemView, RotaView, ShiftForm, TurnView } from './queries';

/** What is being changed before it is saved. Pure; the page keeps it. */
export interface Draft {
  version: number;
  shifts: ShiftForm[];
  exceptions: ExceptionForm[];
}

export const draftOf = (rota: RotaView): Draft => ({
  version: rota.version,
  shifts: rota.shifts,
  exceptions: rota.exceptions,
});

export const formOf = (draft: Draft): RotaForm => ({ ...draft });

export function isChanged(draft: Draft, rota: RotaView): boolean {
  return JSON.stringify([draft.shifts, draft.exceptions]) !== JSON.stringify([rota.shifts, rota.exceptions]);
}

const withOne = <T extends { id: string }>(all: readonly T[], one: T): T[] =>
  all.some((each) => each.id === one.id) ? all.map((each) => (each.id === one.id ? one : each)) : [...all, one];

export const withShift = (draft: Draft, shift: ShiftForm): Draft => {
  const exceptions = draft.exceptions.filter(
    (one) => one.shift_id !== shift.id || shift.weekdays.includes(weekdayOf(one.on_date)),
  );
  return { ...draft, shifts: withOne(draft.shifts, shift), exceptions };
};

/** With a shift go its exceptions. */
export const withoutShift = (draft: Draft, id: string): Draft => ({
  ...draft,
  shifts: draft.shifts.filter((one) => one.id !== id),
  exceptions: draft.exceptions.filter((one) => one.shift_id !== id),
});

export const withException = (draft: Draft, one: ExceptionForm): Draft => ({
  ...draft,
  exceptions: withOne(draft.exceptions, one).sort((a, b) => a.on_date.localeCompare(b.on_date)),
});

export const withoutException = (draft: Draft, id: string): Draft => ({
  ...draft,
  exceptions: draft.exceptions.filter((one) => one.id !== id),
});

/** 0 = Monday, of "2026-03-02". */
export function weekdayOf(day: string): number {
  return (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7;
}

export const endsNextDay = (starts: string, ends: string): boolean => ends <= starts;

/** A bar of one lane: where it begins and how long it is, in hundredths of the day. */
export interface Bar {
  turn: TurnView;
  from: number;
  length: number;
}

/** "08:00" by the clock of a place. */
export function timeIn(zone: string, ms: number): string {
  return new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(ms);
}

export interface Repeated {
  first: ProblemView;
  times: number;
  from: string;
  to: string;
}

/** The same at the same hours of several days is one question, not fourteen. Serious ones first. */
export function repeated(problems: readonly ProblemView[], zone: string): Repeated[] {
  const found = new Map<string, Repeated>();
  for (const one of problems) {
    const [from, to] = [timeIn(zone, Date.parse(one.starts_at)), timeIn(zone, Date.parse(one.ends_at))];
    const long = Date.parse(one.ends_at) - Date.parse(one.starts_at) >= DAY_MS ? one.ends_at : '';
    const key = [one.kind, one.level, one.region_id, one.names.join(), from, to, long].join('|');
    const known = found.get(key);
    if (known) known.times++;
    else found.set(key, { first: one, times: 1, from, to });
  }
  return [...found.values()].sort((a, b) => Number(b.first.serious) - Number(a.first.serious));
}

const DAY_MS = 86_400_000;

const localDay = (ms: number, zone: string): { day: string; share: number } => {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  }).formatToParts(ms);
  const of = (type: string): string => parts.find((part) => part.type === type)?.value ?? '0';
  return {
    day: `${of('year')}-${of('month')}-${of('day')}`,
    share: ((Number(of('hour')) * 60 + Number(of('minute'))) / 1440) * 100,
  };
};

export function daysFrom(first: string, count: number): string[] {
  const begin = Date.parse(`${first}T00:00:00Z`);
  return Array.from({ length: count }, (_, i) => new Date(begin + i * 86_400_000).toISOString().slice(0, 10));
}

/** The turns of each day by the centre's clock; one over midnight stands on both days. */
export function lanes(turns: readonly TurnView[], days: readonly string[], zone: string): Map<string, Bar[]> {
  const found = new Map<string, Bar[]>(days.map((day) => [day, []]));
  for (const turn of turns) {
    const begin = localDay(Date.parse(turn.starts_at), zone);
    const end = localDay(Date.parse(turn.ends_at), zone);
    for (const day of days) {
      if (day < begin.day || day > end.day) continue;
      const from = day === begin.day ? begin.share : 0;
      const until = day === end.day ? end.share : 100;
      if (until > from) found.get(day)?.push({ turn, from, length: until - from });
    }
  }
  return found;
}
