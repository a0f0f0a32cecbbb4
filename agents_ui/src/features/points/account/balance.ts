import type { PointsMonthEnd, PointsMovement } from '../../../api/types';

export interface Dot {
  at: number;
  day: string;
  balance: number;
}

/** What she could spend, the oldest first; what is still to come has a balance of its own and is left out. */
export function balances(movements: readonly PointsMovement[]): Dot[] {
  return movements
    .filter((one) => !one.pending)
    .map((one) => ({ at: Date.parse(one.at), day: one.day, balance: one.balance_after }))
    .reverse();
}

/** At the end of each month, the oldest first; of this month what is there now. Months are drawn equally wide, the last one too. */
export function monthEnds(months: readonly PointsMonthEnd[]): Dot[] {
  const ends = months.map((one, place) => ({ at: place, day: one.month.slice(0, 7), balance: one.closing }));
  const last = ends.at(-1);
  return last === undefined ? [] : [...ends, { ...last, at: ends.length }];
}

/** Steps, since a balance stays what it is until something moves. Within `width` × `height`, zero at the bottom. */
export function steps(dots: readonly Dot[], width: number, height: number): string {
  const [first, last] = [dots[0], dots.at(-1)];
  if (first === undefined || last === undefined) return '';
  const most = Math.max(1, ...dots.map((one) => one.balance));
  const span = Math.max(1, last.at - first.at);
  const x = (one: Dot): number => Math.round((width * (one.at - first.at)) / span);
  const y = (one: Dot): number => Math.round(height - (height * one.balance) / most);
  return dots.map((one, place) => (place === 0 ? `M${x(one)} ${y(one)}` : `H${x(one)}V${y(one)}`)).join('');
}
