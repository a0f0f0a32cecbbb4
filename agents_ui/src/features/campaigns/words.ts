import { asApiError } from '../../api/errors';
import { errorText, lookUp } from '../../i18n/words';
import type { Campaign, Progress } from './queries';

type Group = 'state' | 'figure' | 'left' | 'sentence' | 'call';

/** The word for a code of the server; one that is new to us is shown as it is. */
export function say(group: Group, code: string): string {
  return lookUp(`campaignPage.${group}.${code}`) ?? code;
}

/** Everybody on the list stands in exactly one of these. */
export const FIGURES = [
  'heard', 'help', 'not_reached', 'calling', 'again', 'waiting', 'refused', 'dropped',
] as const satisfies readonly (keyof Progress)[]; // prettier-ignore
export type Figure = (typeof FIGURES)[number];

export function total(progress: Progress): number {
  return FIGURES.reduce((sum, key) => sum + progress[key], 0);
}

/** Who is to be called at all. */
export function toCall(progress: Progress): number {
  return progress.all - progress.refused;
}

/** Who was rung at least once, or is rung now. */
export function called(progress: Progress): number {
  return progress.heard + progress.help + progress.not_reached + progress.calling + progress.again;
}

/** 已故 3 · 没有电话 1; the most frequent first. */
export function reasons(why: Readonly<Record<string, number>>): string {
  return Object.entries(why)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([code, count]) => `${say('left', code)} ${count}`)
    .join(' · ');
}

export function hours(campaign: Pick<Campaign, 'hour_from' | 'hour_until'>): string {
  return `${campaign.hour_from}:00–${campaign.hour_until}:00`;
}

/** What the server says of hours it says of stores too; whom one may not see is told by name. */
export function problem(thrown: unknown, names: ReadonlyMap<string, string>): string {
  const { code, details } = asApiError(thrown);
  const name = typeof details.elder_id === 'string' ? names.get(details.elder_id) : undefined;
  if (code === 'no_access' && name !== undefined) return lookUp('campaignPage.form.notYours', { name }) ?? code;
  if (code === 'bad_hours') return lookUp('campaignPage.form.badHours') ?? code;
  return errorText(thrown);
}
