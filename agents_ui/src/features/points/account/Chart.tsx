import { useTranslation } from 'react-i18next';
import type { PointsMonthEnd, PointsMovement } from '../../../api/types';
import { units } from '../units';
import { balances, monthEnds, steps } from './balance';
import type { Book } from './queries';

const [WIDTH, HEIGHT] = [640, 80];

interface Props {
  months: readonly PointsMonthEnd[];
  movements: readonly PointsMovement[];
  book: Book;
}

/**
 * Her balance month by month over the whole account; of one that is younger than that, over the movements that are shown below. Told in words to
 * whoever does not see it.
 */
export function Chart({ months, movements, book }: Props) {
  const { t } = useTranslation();
  const whole = months.length > 1;
  const dots = whole ? monthEnds(months) : balances(movements);
  const [first, last] = [dots[0], dots.at(-1)];
  if (first === undefined || last === undefined || dots.length < 2) return null;
  const all = dots.map((one) => one.balance);
  const says = t(whole ? 'pointsPage.chart.monthsSay' : 'pointsPage.chart.says', {
    from: first.day,
    to: last.day,
    first: units(first.balance, book),
    last: units(last.balance, book),
    least: units(Math.min(...all), book),
    most: units(Math.max(...all), book),
  });
  return (
    <figure className="points-chart" data-testid="points-chart">
      <svg viewBox={`-2 -4 ${WIDTH + 4} ${HEIGHT + 8}`} role="img" aria-label={says}>
        <title>{says}</title>
        <line x1="0" x2={WIDTH} y1={HEIGHT} y2={HEIGHT} className="points-chart-ground" />
        <path d={steps(dots, WIDTH, HEIGHT)} className="points-chart-line" />
      </svg>
      <figcaption className="quiet">
        {t(whole ? 'pointsPage.chart.monthsCaption' : 'pointsPage.chart.caption', { from: first.day, to: last.day })}
      </figcaption>
    </figure>
  );
}
