import type { BillPart, EntitlementView } from '../../api/types';

/** ¥12.00, -¥0.05: whole fen, never through a fraction. */
export function money(fen: number): string {
  const whole = Math.floor(Math.abs(fen) / 100);
  const rest = String(Math.abs(fen) % 100).padStart(2, '0');
  return `${fen < 0 ? '-' : ''}¥${whole.toLocaleString('en-US')}.${rest}`;
}

/** What somebody types, "12", "12.5" or "1,200.00", in fen; null when it is no amount. */
export function fenOf(text: string): number | null {
  const found = /^(\d{1,6})(?:\.(\d{1,2}))?$/.exec(text.trim().replace(/[,，¥]/g, ''));
  return found === null ? null : Number(found[1]) * 100 + Number((found[2] ?? '').padEnd(2, '0'));
}

/** 5000 → "50", 3333 → "33.33": percent of hundredths of a percent. */
export function percentOf(bp: number): string {
  return String(bp / 100);
}

/** Parts that take something back are shown with what they take back: their sum for each payer, payers that end at nothing left out. */
export function netParts(parts: readonly BillPart[]): BillPart[] {
  const found = new Map<string, BillPart>();
  for (const part of parts) {
    const key = `${part.kind}:${part.entitlement_id ?? ''}`;
    const known = found.get(key);
    found.set(key, known === undefined ? part : { ...known, fen: known.fen + part.fen });
  }
  return [...found.values()].filter((part) => part.fen !== 0);
}

export function monthText(day: string): string {
  return day.slice(0, 7);
}

/** Share of a monthly cap that is used, 0 … 100; null without a cap. */
export function usedShare(one: Pick<EntitlementView, 'used_fen' | 'month_cap_fen'>): number | null {
  if (one.month_cap_fen === null) return null;
  return one.month_cap_fen === 0 ? 100 : Math.min(100, Math.round((100 * one.used_fen) / one.month_cap_fen));
}
