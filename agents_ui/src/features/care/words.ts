import { lookUp } from '../../i18n/words';
import type { CareCall, CareKind, CarePlan, SetCarePlan } from './queries';

type Group = 'kind' | 'rhythm';

/** The word for a code of the server; one that is new to us is shown as it is. */
export function say(group: Group, code: string): string {
  return lookUp(`carePage.${group}.${code}`) ?? code;
}

const text = (key: string, values: Record<string, string> = {}): string =>
  lookUp(`carePage.plan.${key}`, values) ?? key;

/** What was agreed, in a few words each. */
export function agreed(plan: CarePlan): string[] {
  switch (plan.kind) {
    case 'care':
      return [
        plan.rhythm === null
          ? text('byRisk', { rhythm: say('rhythm', plan.rhythm_now ?? 'monthly') })
          : say('rhythm', plan.rhythm),
        plan.at === null ? text('anyHour') : text('at', { time: plan.at }),
        ...(plan.weekly_until === null ? [] : [text('weeklyUntil', { day: plan.weekly_until })]),
      ];
    case 'daily':
      return [text('signBy', { time: plan.at ?? '' })];
    case 'medicine':
      return [text('times', { times: plan.times.join(' / ') }), text(plan.alarm ? 'alarm' : 'noAlarm')];
  }
}

/** How it ended or where it stands; while her contacts are rung that is what matters. */
export function stands(call: CareCall): string {
  if (call.asks_contact && call.state === 'calling') return lookUp('carePage.asksContact') ?? '';
  if (call.drop_reason !== null) return lookUp(`followUpPage.drop.${call.drop_reason}`) ?? call.drop_reason;
  if (call.result === null) return lookUp(`followUpPage.state.${call.state}`) ?? call.state;
  if (call.result === 'fine') {
    if (call.asks_contact) return lookUp('carePage.contactLooks') ?? '';
    if (call.purpose === 'medicine') return lookUp('followUpPage.meaning.taken') ?? '';
    if (call.purpose === 'campaign') return lookUp('followUpPage.meaning.heard') ?? '';
  }
  return lookUp(`followUpPage.result.${call.result}`) ?? call.result;
}

export interface Fields {
  rhythm: NonNullable<SetCarePlan['rhythm']> | 'usual';
  at: string | null;
  times: string[];
  alarm: boolean;
  first: string;
}

export function fieldsOf(plan: CarePlan | undefined): Fields {
  return {
    rhythm: plan?.rhythm ?? 'usual',
    at: plan?.at ?? null,
    times: plan?.times ?? [],
    alarm: plan?.alarm ?? false,
    first: '',
  };
}

/** Only what belongs to the kind is sent. */
export function toBody(kind: CareKind, fields: Fields, seen: CarePlan | undefined): SetCarePlan {
  return {
    seen_id: seen?.id ?? null,
    rhythm: kind === 'care' && fields.rhythm !== 'usual' ? fields.rhythm : null,
    at: kind === 'medicine' ? null : (fields.at ?? null),
    times: kind === 'medicine' ? [...fields.times].sort() : [],
    alarm: kind === 'medicine' && fields.alarm,
    first: fields.first || null,
  };
}

/** Quarters of an hour, and what was agreed otherwise. */
export function clocks(from: number, until: number, also: readonly string[]): string[] {
  const all = new Set(also);
  for (let minute = from * 60; minute <= until * 60; minute += 15)
    all.add(`${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`);
  return [...all].sort();
}
