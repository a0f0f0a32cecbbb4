/** Hours of one day, as people type them: "08:00-12:00, 14:00-18:00"; "" is closed. */
export type Span = [number, number];

const SPAN = /^(\d{1,2})[:：]?(\d{2})?\s*[-–—~～到至]\s*(\d{1,2})[:：]?(\d{2})?$/;

/** null: it is wrong. */
export function readDay(text: string): Span[] | null {
  const spans: Span[] = [];
  for (const part of text.split(/[,，、;；]/)) {
    if (part.trim() === '') continue;
    const found = SPAN.exec(part.trim());
    if (!found) return null;
    const [, h1, m1, h2, m2] = found;
    const opens = Number(h1) * 60 + Number(m1 ?? 0);
    const closes = Number(h2) * 60 + Number(m2 ?? 0);
    if (Number(m1 ?? 0) > 59 || Number(m2 ?? 0) > 59 || opens >= closes || closes > 1440) return null;
    spans.push([opens, closes]);
  }
  spans.sort((a, b) => a[0] - b[0]);
  return spans.every((span, i) => i === 0 || (spans[i - 1]?.[1] ?? 0) <= span[0]) ? spans : null;
}

const two = (value: number): string => String(value).padStart(2, '0');
const time = (minute: number): string => `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;

export function writeDay(spans: readonly (readonly number[])[]): string {
  return spans.map(([opens = 0, closes = 0]) => `${time(opens)}-${time(closes)}`).join(', ');
}
