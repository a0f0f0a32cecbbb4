import type { RulesPreview } from '../../../api/types';

/** What can be tried, in the order of the settings, with the bounds that the settings have; `rate_bp` is shown in per cent. */
export const NUMBERS = {
  rate_bp: 300,
  daily: 20,
  week_bonus: 50,
  week_cap: 100,
  follow_up: 20,
  follow_up_cap: 200,
  referral: 1000,
  referrals: 100,
  volunteering: 100,
} as const;
export type NumberKey = keyof typeof NUMBERS;
export const KEYS = Object.keys(NUMBERS) as NumberKey[];
export type Tried = Record<NumberKey, string>;

/** As it is typed: 250 hundredths of a per cent → "2.5". */
export function shown(key: NumberKey, value: number): string {
  return key === 'rate_bp' ? String(value / 100) : String(value);
}

/** What somebody types, as the server wants it; null when it is no such number. Never through a fraction. */
export function read(key: NumberKey, text: string): number | null {
  const found = (key === 'rate_bp' ? /^(\d{1,3})(?:\.(\d{1,2}))?$/ : /^(\d{1,6})$/).exec(text.trim());
  if (found === null) return null;
  const whole = Number(found[1]);
  const value = key === 'rate_bp' ? whole * 100 + Number((found[2] ?? '').padEnd(2, '0')) : whole;
  return value <= NUMBERS[key] ? value : null;
}

export function fromNow(now: RulesPreview['now']): Tried {
  return Object.fromEntries(KEYS.map((key) => [key, shown(key, now[key] ?? 0)])) as Tried;
}

/** Only what differs from today's; null when anything is no number. */
export function changes(tried: Tried, now: RulesPreview['now']): Partial<Record<NumberKey, number>> | null {
  const found: Partial<Record<NumberKey, number>> = {};
  for (const key of KEYS) {
    const value = read(key, tried[key]);
    if (value === null) return null;
    if (value !== now[key]) found[key] = value;
  }
  return found;
}
