import { useTranslation } from 'react-i18next';
import { useOnDuty } from './queries';
import { timeIn } from './rota';

export function OnDutyCard() {
  const { t } = useTranslation();
  const duty = useOnDuty();
  const now = duty.data?.now ?? [];
  const next = duty.data?.next ?? [];
  const zone = duty.data?.timezone ?? 'UTC';
  const none = (duty.data?.telephones ?? 0) > 0 ? t('regionsPage.duty.nobody') : t('regionsPage.duty.nobodyAtAll');
  return (
    <section className="panel duty-card" data-testid="on-duty-card">
      <header>
        <h2>{t('regionsPage.panel.onDuty')}</h2>
      </header>
      {duty.data && now.length === 0 && <p className="on-duty-none">{none}</p>}
      {now.map((turn) => (
        <div key={`${turn.person_id}${turn.level}${turn.starts_at}`} className="duty-row">
          <span className="ellipsis">
            <strong>{turn.name}</strong>
            <br />
            <span className="quiet">
              {t(`regionsPage.dutyLevel.${turn.level}`)} {turn.region} ·{' '}
              {t('regionsPage.duty.until', { time: timeIn(zone, Date.parse(turn.ends_at)) })}
            </span>
          </span>
          <span className="num">{turn.number}</span>
        </div>
      ))}
      {next.map((turn) => (
        <div key={`${turn.person_id}${turn.level}${turn.starts_at}`} className="duty-row quiet">
          <span className="ellipsis">
            {t('regionsPage.duty.next')} {turn.name} {t(`regionsPage.dutyLevel.${turn.level}`)} {turn.region}
          </span>
          <span className="num">{t('regionsPage.duty.from', { time: timeIn(zone, Date.parse(turn.starts_at)) })}</span>
        </div>
      ))}
      <p className="quiet">{t('regionsPage.duty.order')}</p>
    </section>
  );
}
