/** Pure: money, distances and times as a shopkeeper says them. */
import type { Lang } from './i18n';

/** "45.5" → 4550 fen; null for what is no amount between 0 and 50 000 yuan. */
export function fenOf(yuan: string): number | null {
  const plain = yuan.trim().replace(/[０-９]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0));
  const match = /^(\d{1,5})(?:[.。．](\d{0,2}))?$/.exec(plain);
  if (!match) return null;
  const fen = Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'));
  return fen <= 5_000_000 ? fen : null;
}

/** 4000 → "40", 4550 → "45.50" */
export const yuan = (fen: number): string => (fen % 100 === 0 ? String(fen / 100) : (fen / 100).toFixed(2));

export function distance(metres: number, lang: Lang): string {
  if (metres < 1000)
    return lang === 'zh' ? `${String(Math.round(metres / 10) * 10)}米` : `${String(Math.round(metres / 10) * 10)} m`;
  const km = (metres / 1000).toFixed(1);
  return lang === 'zh' ? `${km}公里` : `${km} km`;
}

/** What is left, or what it is over by: "还剩 12:05", never below a second's grain. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n: number): string => String(n).padStart(2, '0');
  return h > 0 ? `${String(h)}:${two(m)}:${two(s)}` : `${two(m)}:${two(s)}`;
}

const parts = (at: Date, zone: string): Record<string, string> =>
  Object.fromEntries(
    new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
    })
      .formatToParts(at)
      .map((part) => [part.type, part.value]),
  );

const dayNumber = (p: Record<string, string>): number =>
  Date.UTC(Number(p.year), Number(p.month) - 1, Number(p.day)) / 86_400_000;

/** 今天 14:00 · 明天 9:30 · 11月28日 9:30, on the centre's clock. */
export function moment(at: Date, now: Date, zone: string, lang: Lang): string {
  const [then, today] = [parts(at, zone), parts(now, zone)];
  const time = `${then.hour ?? ''}:${then.minute ?? ''}`;
  const days = dayNumber(then) - dayNumber(today);
  const named = (
    lang === 'zh' ? { 0: '今天', 1: '明天', 2: '后天', '-1': '昨天' } : { 0: 'today', 1: 'tomorrow', '-1': 'yesterday' }
  ) as Record<string, string>;
  const day =
    named[days] ??
    (lang === 'zh'
      ? `${String(Number(then.month))}月${String(Number(then.day))}日`
      : `${String(Number(then.day))}/${String(Number(then.month))}`);
  return `${day} ${time}`;
}
