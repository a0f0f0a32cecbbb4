/** When somebody is wanted, as people say it. All in this machine's local time, which is the centre's. */
export type When = 'soon' | 'afternoon' | 'morning' | 'at' | 'usual';

export interface Wanted {
  wanted_from: string | null;
  wanted_to: string | null;
}

const HOUR = 60 * 60_000;
const AFTERNOON = [14, 17] as const;
const MORNING = [9, 11] as const;
/** So late there is no "this afternoon" any more. */
const AFTERNOON_OVER = 16;

function at(now: number, days: number, hour: number, minute = 0): Date {
  const day = new Date(now);
  day.setDate(day.getDate() + days);
  day.setHours(hour, minute, 0, 0);
  return day;
}

export const isAfternoonOver = (now: number): boolean => new Date(now).getHours() >= AFTERNOON_OVER;

/** null: a time is to be chosen first, or it is too late for it. */
export function wantedOf(when: When, chosen: string, now: number): Wanted | null {
  if (when === 'soon') return { wanted_from: null, wanted_to: null };
  if (when === 'afternoon') {
    if (isAfternoonOver(now)) return null;
    const from = new Date(Math.max(at(now, 0, AFTERNOON[0]).getTime(), roundUp(now)));
    return { wanted_from: from.toISOString(), wanted_to: at(now, 0, AFTERNOON[1]).toISOString() };
  }
  if (when === 'morning') {
    return { wanted_from: at(now, 1, MORNING[0]).toISOString(), wanted_to: at(now, 1, MORNING[1]).toISOString() };
  }
  const from = Date.parse(chosen);
  if (Number.isNaN(from) || from < now - 5 * 60_000) return null;
  return { wanted_from: new Date(from).toISOString(), wanted_to: new Date(from + HOUR).toISOString() };
}

/** To the next quarter of an hour. */
export function roundUp(ms: number): number {
  const quarter = 15 * 60_000;
  return Math.ceil(ms / quarter) * quarter;
}

/** The next time that it is this weekday (0 Monday) and hour ("09:00:00"), later than now. */
export function nextUsual(weekday: number, clock: string, now: number): Date {
  const [hour = 0, minute = 0] = clock.split(':').map(Number);
  const today = (new Date(now).getDay() + 6) % 7;
  const days = (weekday - today + 7) % 7;
  const first = at(now, days, hour, minute);
  return first.getTime() > now ? first : at(now, days + 7, hour, minute);
}
