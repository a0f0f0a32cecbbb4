import type { FigureView } from '../../api/types';

export interface TwoTongues {
  zh: string;
  en: string;
}

export const said = (words: TwoTongues, language: string): string => (language === 'zh' ? words.zh : words.en);

/** Cut, never rounded up to a target that was missed: 94.96 % is 94.9 % (docs/figures.md). */
export function percent(value: number | null, digits = 1): string {
  if (value === null) return '–';
  const scale = 10 ** digits;
  return `${(Math.floor(value * 100 * scale + 1e-9) / scale).toFixed(digits)}%`;
}

/** A target: 95 %, 99.5 %. */
export const share = (value: number): string => percent(value).replace('.0%', '%');

/** Met or not is a sign and a word, not only a colour. */
export function verdict(figure: Pick<FigureView, 'met'>): 'met' | 'notMet' | 'none' {
  return figure.met === null ? 'none' : figure.met ? 'met' : 'notMet';
}

/** The centre's day, whatever clock this machine has. */
export function dayOf(ms: number, timeZone: string): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(ms);
}

export function timeOf(iso: string, timeZone: string): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone, hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(
    new Date(iso),
  );
}
