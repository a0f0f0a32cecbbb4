import type { TFunction } from 'i18next';
import type { Option, TimelineEntry } from '../../api/types';
import { optionLabel } from '../../api/option-label';
import { lookUp } from '../../i18n/words';
import { duration } from '../../kit/format';
import { agencyWord, alarmWords, kindWord } from '../emergency/words';

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
  if (entry.kind.startsWith('order_')) facts.push(...orderFacts(entry));
  if (entry.kind.startsWith('step_')) facts.push(...stepFacts(entry, language));
  if (entry.kind.startsWith('party_') || entry.kind === 'transferred') facts.push(...partyFacts(entry));
  if (entry.kind.startsWith('follow_up_')) facts.push(...followUpFacts(entry));
  if (entry.kind.startsWith('complaint_')) facts.push(...complaintFacts(entry));
  facts.push(...emergencyFacts(entry));
  const after = num(data.after_s);
  const talked = num(data.talked_s);
  const waited = num(data.waited_s);
  const attempt = num(data.attempt);
  const presses = num(data.presses);
  if (data.line === 'sos') facts.push(t('case.entry.sosLine'));
  if (data.line === 'service') facts.push(t('case.entry.serviceLine'));
  if (data.line === 'job') facts.push(t('case.entry.jobLine'));
  if (presses !== null && presses > 1) facts.push(t('case.entry.press', { count: presses }));
  if (data.duty === true) facts.push(t('case.entry.duty'));
  if (after !== null) facts.push(t('case.entry.afterSeconds', { count: Math.round(after) }));
  if (talked !== null) facts.push(t('case.entry.talked', { time: duration(talked * 1000) }));
  if (waited !== null) facts.push(t('case.entry.waited', { time: duration(waited * 1000) }));
  if (attempt !== null) facts.push(t('case.entry.attempt', { count: attempt }));
  if (str(data.reason) && !entry.kind.startsWith('order_'))
    facts.push(lookUp(`taskReason.${str(data.reason)}`) ?? str(data.reason));
  if (data.again === true) facts.push(t('case.entry.again'));
  if (entry.kind.startsWith('call_back') && str(data.why)) facts.push(lookUp(`why.${str(data.why)}`) ?? str(data.why));
  if (entry.kind.startsWith('supervisor_') && str(data.mode))
    facts.push(lookUp(`floorPage.floor.listen.${str(data.mode)}`) ?? str(data.mode));
  const seconds = num(data.seconds);
  if ((entry.kind === 'recording_saved' || entry.kind === 'supervisor_left') && seconds !== null)
    facts.push(duration(seconds * 1000));
  if (entry.kind === 'recording_failed' && str(data.why))
    facts.push(lookUp(`recordings.why.${str(data.why)}`) ?? str(data.why));
  if (str(data.outcome)) {
    const option = outcomes.find((one) => one.code === data.outcome);
    facts.push(option ? optionLabel(option, language) : str(data.outcome));
  }
  if (str(data.from_name) || str(data.to_name))
    facts.push([str(data.from_name), str(data.to_name)].filter(Boolean).join(' → '));
  return facts.join(' · ');
}

/** Who was called into a call, or left it, and why she did not come: 120, a contact, a colleague; never a name or a number. */
function partyFacts({ data }: Pick<TimelineEntry, 'kind' | 'data'>): string[] {
  const who = str(data.code) || (lookUp(`partyRole.${str(data.role)}`) ?? str(data.role));
  const cause = str(data.cause);
  return [who, cause && (lookUp(`why.${cause}`) ?? cause)].filter(Boolean);
}

/** Which complaint, and the rating that it came from. */
function complaintFacts({ kind, data }: Pick<TimelineEntry, 'kind' | 'data'>): string[] {
  const rating = kind === 'complaint_opened' ? num(data.rating) : null;
  const word = rating === null ? '' : `${rating} · ${lookUp(`followUpPage.rating.${rating}`) ?? ''}`;
  return [str(data.number), str(data.store), str(data.name), word].filter(Boolean);
}

/** What was to be asked, by whom and why, and what came of it. */
function followUpFacts({ kind, data }: Pick<TimelineEntry, 'kind' | 'data'>): string[] {
  const say = (group: string, code: unknown): string => lookUp(`followUpPage.${group}.${str(code)}`) ?? str(code);
  const rating = num(data.rating);
  const why = kind === 'follow_up_dropped' ? say('drop', data.why) : str(data.why) && say('why', data.why);
  const result =
    rating === null ? str(data.result) && say('result', data.result) : `${rating} · ${say('rating', `${rating}`)}`;
  return [say('purpose', data.purpose), why, result].filter(Boolean);
}

/** Its question or deed, and what was answered, in the reader's language. */
function stepFacts({ data }: Pick<TimelineEntry, 'kind' | 'data'>, language: string): string[] {
  const words = (value: unknown): string =>
    value !== null && typeof value === 'object' ? str((value as Record<string, unknown>)[language]) : '';
  const act = lookUp(`emergencyPage.act.${str(data.act)}`, { agency: agencyWord(str(data.agency)) }) ?? '';
  return [words(data.words) || act, words(data.answer_words)].filter(Boolean);
}

/** What it is, what an alarm says, whose hand-over, whom a ladder called. */
function emergencyFacts({ kind, data }: Pick<TimelineEntry, 'kind' | 'data'>): string[] {
  const code = str(data.code);
  if (kind === 'emergency_opened') return [kindWord(str(data.kind))];
  if (kind === 'emergency_kind') return [`${kindWord(str(data.from))} → ${kindWord(str(data.to))}`];
  if (kind.startsWith('emergency_alarm')) return code ? [alarmWords({ code, data })] : [];
  if (kind.startsWith('handover_') || kind.startsWith('outside_'))
    return str(data.agency) ? [agencyWord(str(data.agency))] : [];
  if (kind.startsWith('contact_') || kind.startsWith('ladder_'))
    return [lookUp(`emergencyPage.ladder.who.${str(data.who)}`) ?? ''].filter(Boolean);
  return [];
}

/** Which order, what for, by which store, and why. */
function orderFacts({ kind, data }: Pick<TimelineEntry, 'kind' | 'data'>): string[] {
  const facts = [str(data.number), str(data.items), str(data.store)].filter(Boolean);
  const why = str(data.why);
  if (kind === 'order_cancelled' && why) facts.push(lookUp(`ordersPage.why.${why}`) ?? why);
  if (kind === 'order_rejected' && why) facts.push(lookUp(`ordersPage.attention.${why}`) ?? why);
  if (kind === 'order_checked_in' && str(data.kind)) facts.push(lookUp(`ordersPage.proofKind.${str(data.kind)}`) ?? '');
  const fen = num(data.amount_fen);
  if (fen !== null) facts.push(`¥${(fen / 100).toFixed(2)}`);
  return facts.filter(Boolean);
}
