import type { TFunction } from 'i18next';
import type { OrderView, StoreChoice } from '../../api/types';
import { lookUp } from '../../i18n/words';
import { clockTime, duration, moment } from '../../kit/format';
import { ageOf, dueOf, type Age } from './deadline';

type Group =
  | 'state'
  | 'attention'
  | 'category'
  | 'unit'
  | 'gate'
  | 'part'
  | 'offerState'
  | 'how'
  | 'proofKind'
  | 'phase'
  | 'missing'
  | 'history'
  | 'why'
  | 'reason'
  | 'act'
  | 'hinder';

/** The word for a code of the server; one that is new to us is shown as it is. */
export const say = (group: Group, code: string): string => lookUp(`ordersPage.${group}.${code}`) ?? code;

export const items = (order: Pick<OrderView, 'lines'>): string =>
  order.lines
    .map((line) => (line.quantity === 1 ? line.name : `${line.name} × ${line.quantity} ${say('unit', line.unit)}`))
    .join('、');

/** ¥80, ¥80.50 */
export function yuan(fen: number): string {
  return `¥${fen % 100 === 0 ? fen / 100 : (fen / 100).toFixed(2)}`;
}

export function distance(metres: number, t: TFunction): string {
  if (metres < 1000) return t('ordersPage.preview.metres', { metres: Math.round(metres / 10) * 10 });
  return t('ordersPage.preview.km', { km: (metres / 1000).toFixed(1) });
}

export function gateText(out: { gate: string; what: string }): string {
  const what = out.gate === 'licence' ? out.what.split('|').join('/') : out.gate === 'not_offered' ? out.what : '';
  return what === '' ? say('gate', out.gate) : `${say('gate', out.gate)} ${what}`;
}

/** Why this store, in the few words that count: licensed, 640 m, 4.8, has served her 6 times. */
export function whyStore(store: Pick<StoreChoice, 'metres' | 'rating' | 'served' | 'parts'>, t: TFunction): string[] {
  const facts = [t('ordersPage.preview.licensed')];
  if (store.metres !== null) facts.push(distance(store.metres, t));
  facts.push(
    store.rating > 0
      ? t('ordersPage.preview.rating', { rating: (store.rating / 100).toFixed(1) })
      : t('ordersPage.preview.unrated'),
  );
  if (store.served > 0) facts.push(t('ordersPage.preview.served', { count: store.served }));
  for (const name of ['dialect', 'wanted'])
    if (store.parts.some((part) => part.name === name)) facts.push(say('part', name));
  return facts;
}

/** 09:00 today, 11-27 09:00 else. */
export function shortTime(ms: number, now: number): string {
  return new Date(ms).toDateString() === new Date(now).toDateString() ? clockTime(ms, false) : moment(ms, now);
}

/** What is left, then by how much it is over. Days when there are days. */
function span(ms: number, t: TFunction): string {
  const days = Math.floor(ms / 86_400_000);
  if (days >= 2) return t('ordersPage.due.days', { count: days });
  return duration(ms);
}

export function dueText(order: OrderView, now: number, t: TFunction): { age: Age; text: string } {
  const age = ageOf(order, now);
  if (order.waits_until !== null && Date.parse(order.waits_until) > now) {
    return { age, text: t('ordersPage.due.waits', { time: shortTime(Date.parse(order.waits_until), now) }) };
  }
  const due = dueOf(order);
  if (due === null || order.due_at === null) return { age, text: '' };
  const left = Date.parse(order.due_at) - now;
  const what = t(`ordersPage.due.${due}`);
  const text =
    left > 0
      ? t('ordersPage.due.left', { what, time: span(left, t) })
      : t('ordersPage.due.over', { what, time: span(-left, t) });
  return { age, text };
}

export function wantedText(order: Pick<OrderView, 'wanted_from' | 'wanted_to'>, now: number, t: TFunction): string {
  if (order.wanted_from === null) return t('ordersPage.due.soon');
  const from = shortTime(Date.parse(order.wanted_from), now);
  const to = order.wanted_to === null ? '' : `–${clockTime(Date.parse(order.wanted_to), false)}`;
  return t('ordersPage.due.wanted', { time: from + to });
}
