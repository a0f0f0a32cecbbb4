import { Alert } from 'antd';
import { useTranslation } from 'react-i18next';
import type { RotaPreview } from './queries';
import { repeated } from './rota';

/** Gaps and overlaps of the next fourteen days. They may be meant: nothing hinders saving. */
interface Props {
  preview: RotaPreview;
  zone: string;
  changed: boolean;
}

export function Problems({ preview, zone, changed }: Props) {
  const { t, i18n } = useTranslation();
  const time = new Intl.DateTimeFormat(i18n.language, {
    timeZone: zone,
    month: 'numeric',
    day: 'numeric',
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  if (preview.problems.length === 0) {
    return (
      <Alert
        className="duty-alert"
        type="success"
        showIcon
        title={t('regionsPage.duty.fine')}
        data-testid="rota-fine"
      />
    );
  }
  const asked = repeated(preview.problems, zone);
  const shown = asked.slice(0, 6);
  const more = asked.length - shown.length + preview.more_problems;
  return (
    <Alert
      className="duty-alert"
      type="warning"
      showIcon
      data-testid="rota-problems"
      title={t(changed ? 'regionsPage.duty.problems' : 'regionsPage.duty.attention')}
      description={
        <ul className="duty-problems">
          {shown.map(({ first, times, from, to }) => (
            <li
              key={`${first.kind}${first.level}${first.starts_at}${first.region_id}`}
              className={first.serious ? 'duty-serious' : ''}
            >
              {t(`regionsPage.duty.${first.kind}`, {
                level: `${t(`regionsPage.dutyLevel.${first.level}`)}${first.region && ` ${first.region}`}`,
                names: first.names.join(' / '),
                from: times > 1 ? from : time.format(Date.parse(first.starts_at)),
                to: times > 1 ? to : time.format(Date.parse(first.ends_at)),
              })}
              {times > 1 && <span className="quiet"> {t('regionsPage.duty.times', { count: times })}</span>}
            </li>
          ))}
          {more > 0 && <li className="quiet">{t('regionsPage.duty.more', { count: more })}</li>}
        </ul>
      }
    />
  );
}
