/** Formats for people: clocks, dates, numbers. Instants in milliseconds, but where it is said. */

const two = (n: number): string => String(n).padStart(2, '0');

/** 0:07, 12:31, 1:02:03. Negative durations count as 0. */
export function duration(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  const h = Math.floor(total / 3600);
  const m = Math.floor((total % 3600) / 60);
  const s = total % 60;
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

export function clockTime(ms: number, seconds = true): string {
  const d = new Date(ms);
  const hm = `${two(d.getHours())}:${two(d.getMinutes())}`;
  return seconds ? `${hm}:${two(d.getSeconds())}` : hm;
}

/** 2026-11-28: the day here at this instant (ISO). Its first ten letters are the day in Greenwich, yesterday's until eight in the morning. */
export function dayOf(instant: string): string {
  const d = new Date(instant);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
}

/** 2026-11-28 09:08, here. */
export const dayAndTime = (instant: string): string => `${dayOf(instant)} ${clockTime(Date.parse(instant), false)}`;

/** Time alone today, month-day and time in other days of the year, with the year else. */
export function moment(ms: number, now: number): string {
  const d = new Date(ms);
  const n = new Date(now);
  const day = `${two(d.getMonth() + 1)}-${two(d.getDate())}`;
  if (d.getFullYear() !== n.getFullYear()) return `${d.getFullYear()}-${day} ${clockTime(ms, false)}`;
  if (d.getMonth() !== n.getMonth() || d.getDate() !== n.getDate()) return `${day} ${clockTime(ms, false)}`;
  return clockTime(ms);
}

/** "96% (22/23)"; "–" when there is nothing to divide by. */
export function ratio(part: number, whole: number): string {
  return whole > 0 ? `${Math.round((100 * part) / whole)}% (${part}/${whole})` : '–';
}

/** How people write a number, from E.164 or national digits; what is written for people already stays as it is. */
export function phoneNumber(raw: string): string {
  const national = raw.replace(/^\+86/, '');
  const digits = national !== raw && !/^1[3-9]/.test(national) && /^\d/.test(national) ? `0${national}` : national;
  const mobile = /^(1[3-9]\d)(\d{4})(\d{4})$/.exec(digits);
  if (mobile) return `${mobile[1]} ${mobile[2]} ${mobile[3]}`;
  const fixed = /^(0(?:10|2\d|[3-9]\d{2}))(\d{7,8})$/.exec(digits);
  if (!fixed) return digits;
  const rest = fixed[2] ?? '';
  return `${fixed[1]}-${rest.slice(0, -4)} ${rest.slice(-4)}`;
}

const BROWSERS: [RegExp, string][] = [
  [/Edg\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/Firefox\//, 'Firefox'],
  [/Chrome\//, 'Chrome'],
  [/Safari\//, 'Safari'],
];
const SYSTEMS: [RegExp, string][] = [
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/Linux/, 'Linux'],
];

/** "Chrome · Windows" from a User-Agent: enough to know one's own machine again. */
export function browserName(userAgent: string): string {
  const first = (list: [RegExp, string][]): string => list.find(([pattern]) => pattern.test(userAgent))?.[1] ?? '';
  return [first(BROWSERS), first(SYSTEMS)].filter(Boolean).join(' · ') || '?';
}
