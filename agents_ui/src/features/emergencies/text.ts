import { duration } from '../../kit/format';
import { lookUp, word } from '../../i18n/words';
import type { ReportCall, SpanView } from './queries';

/** 7.3 s below a minute, 2:05 from then on. */
export function seconds(value: number | null): string {
  if (value === null) return '–';
  if (Math.abs(value) < 60) return `${value.toFixed(1)} s`;
  return `${value < 0 ? '-' : ''}${duration(Math.abs(value) * 1000)}`;
}

export function since(pressedAt: string, at: string | null): string {
  return at === null ? '–' : seconds((Date.parse(at) - Date.parse(pressedAt)) / 1000);
}

export const verdict = (span: Pick<SpanView, 'met'>): 'met' | 'notMet' | 'none' =>
  span.met === null ? 'none' : span.met ? 'met' : 'notMet';

/** 120, or who it is to her: 联系人 女儿 刘敏. */
export function legName(leg: ReportCall['legs'][number]): string {
  return [lookUp(`safetyPage.role.${leg.role}`) ?? leg.role, leg.code, leg.name].filter(Boolean).join(' ');
}

/** What a deadline was for: "owner", "step:breathing", "handover:120". */
export function deadlineName(code: string): string {
  const [name = '', rest] = code.split(':');
  const known = name === 'ladder' && rest === undefined ? 'ladderPlain' : name;
  return lookUp(`emergencyPage.deadline.${known}`, { agency: rest ?? '', rung: rest ?? '' }) ?? code;
}

export const entryWord = (kind: string): string => lookUp(`entry.${kind}`) ?? word('entry', kind);

export function clock(iso: string | null, timeZone: string, day = false): string {
  if (iso === null) return '–';
  return new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    ...(day && { year: 'numeric', month: '2-digit', day: '2-digit' }),
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).format(new Date(iso));
}
