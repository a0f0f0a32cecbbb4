import { useTranslation } from 'react-i18next';
import { daysFrom, lanes, weekdayOf } from './rota';
import type { RotaPreview } from './queries';

const DAYS = 14;
const HOURS = [0, 6, 12, 18, 24];

/** The next fourteen days as bars, by the centre's clock. */
export function DutyWeek({ preview, zone }: { preview: RotaPreview; zone: string }) {
  const { t } = useTranslation();
  const days = daysFrom(preview.first, DAYS);
  const levels = (['supervisor', 'street', 'technical'] as const).filter((level) =>
    preview.turns.some((turn) => turn.level === level),
  );
  return (
    <section className="panel duty-card" data-testid="duty-week">
      <header>
        <h2>{t('regionsPage.duty.week')}</h2>
      </header>
      {levels.map((level) => {
        const byDay = lanes(
          preview.turns.filter((turn) => turn.level === level),
          days,
          zone,
        );
        return (
          <div key={level} className="duty-week">
            <strong>{t(`regionsPage.dutyLevel.${level}`)}</strong>
            <div className="duty-hours num" aria-hidden>
              {HOURS.map((hour) => (
                <span key={hour} style={{ left: `${(hour / 24) * 100}%` }}>
                  {hour}
                </span>
              ))}
            </div>
            {days.map((day) => (
              <Day key={day} day={day} bars={byDay.get(day) ?? []} />
            ))}
          </div>
        );
      })}
    </section>
  );
}

function Day({ day, bars }: { day: string; bars: ReturnType<typeof lanes> extends Map<string, infer B> ? B : never }) {
  const { t } = useTranslation();
  const weekday = `d${weekdayOf(day)}` as 'd0';
  return (
    <>
      <span className="num">
        {day.slice(5)} {t(`regionsPage.weekday.${weekday}`)}
      </span>
      <div className="duty-lane">
        {bars.map(({ turn, from, length }) => (
          <span
            key={`${turn.person_id}${turn.starts_at}${turn.region_id}`}
            className={`duty-turn duty-turn-${turn.level}${turn.instead ? ' duty-turn-instead' : ''}`}
            style={{ left: `${from}%`, width: `${length}%` }}
            title={`${turn.name} ${turn.region}`}
          >
            {turn.name} {turn.region}
          </span>
        ))}
      </div>
    </>
  );
}
