import type { TFunction } from 'i18next';
import type { Option, TimelineEntry } from '../../api/types';
import { optionLabel } from '../../api/option-label';
import { lookUp } from '../../i18n/words';
import { duration } from '../../kit/format';

interface Context {
  t: TFunction;
  language: string;
  outcomes: readonly Option[];
}

const num = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null);
const str = (value: unknown): string => (typeof value === 'string' ? value : '');

/** What the system knows of an entry besides its kind, in the reader's language; "" when there is nothing to add. */
export function entryFacts(entry: Pick<TimelineEntry, 'kind' | 'data'>, { t, language, outcomes }: Context): string {
  const { data } = entry;
  const facts: string[] = [];
  const after = num(data.after_s);
  const talked = num(data.talked_s);
  const waited = num(data.waited_s);
  const attempt = num(data.attempt);
  const presses = num(data.presses);
  if (data.line === 'sos') facts.push(t('case.entry.sosLine'));
  if (data.line === 'service') facts.push(t('case.entry.serviceLine'));
  if (presses !== null && presses > 1) facts.push(t('case.entry.press', { count: presses }));
  if (data.duty === true) facts.push(t('case.entry.duty'));
  if (after !== null) facts.push(t('case.entry.afterSeconds', { count: Math.round(after) }));
  if (talked !== null) facts.push(t('case.entry.talked', { time: duration(talked * 1000) }));
  if (waited !== null) facts.push(t('case.entry.waited', { time: duration(waited * 1000) }));
  if (attempt !== null) facts.push(t('case.entry.attempt', { count: attempt }));
  if (str(data.reason)) facts.push(lookUp(`taskReason.${str(data.reason)}`) ?? str(data.reason));
  if (data.again === true) facts.push(t('case.entry.again'));
  if (entry.kind.startsWith('call_back') && str(data.why)) facts.push(lookUp(`why.${str(data.why)}`) ?? str(data.why));
  if (str(data.outcome)) {
    const option = outcomes.find((one) => one.code === data.outcome);
    facts.push(option ? optionLabel(option, language) : str(data.outcome));
  }
  if (str(data.from_name) || str(data.to_name))
    facts.push([str(data.from_name), str(data.to_name)].filter(Boolean).join(' → '));
  return facts.join(' · ');
}
