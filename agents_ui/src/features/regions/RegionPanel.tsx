import { AlertFilled, CloseOutlined } from '@ant-design/icons';
import { Alert, Button, Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import { errorText } from '../../i18n/words';
import { usePanel } from './queries';
import { timeIn } from './rota';

/** What one should know of a community before somebody goes there. */
export function RegionPanel({ regionId, onClose }: { regionId: string; onClose: () => void }) {
  const { t } = useTranslation();
  const panel = usePanel(regionId);
  if (panel.isPending) return <Skeleton active className="region-panel" paragraph={{ rows: 6 }} />;
  if (panel.isError) {
    return <Alert className="region-panel" type="error" showIcon title={errorText(panel.error)} />;
  }
  const { place, elders, alone, cases, workers, on_duty, timezone: zone } = panel.data;
  return (
    <aside className="region-panel" data-testid="region-panel" aria-label={place}>
      <header className="region-head">
        <h2>{place}</h2>
        <Button type="text" icon={<CloseOutlined />} aria-label={t('regionsPage.panel.close')} onClick={onClose} />
      </header>
      <dl className="region-figures">
        <div>
          <dt>{t('regionsPage.panel.elders')}</dt>
          <dd className="num">{elders}</dd>
        </div>
        <div>
          <dt>{t('regionsPage.panel.alone')}</dt>
          <dd className="num">{alone}</dd>
        </div>
        <div>
          <dt>{t('regionsPage.panel.cases')}</dt>
          <dd className={cases.some((one) => one.is_sos) ? 'num region-alarm' : 'num'}>{cases.length}</dd>
        </div>
      </dl>
      <h3>{t('regionsPage.panel.cases')}</h3>
      {cases.length === 0 && <p className="quiet">{t('regionsPage.panel.noCases')}</p>}
      <ul className="region-list">
        {cases.map((one) => (
          <li key={one.id}>
            <span className={`sev sev-${one.severity}`}>
              {one.is_sos && <AlertFilled />} {one.is_sos ? 'SOS' : one.severity}
            </span>
            <span className="ellipsis">{one.elder_name}</span>
            <span className="quiet num">{one.number}</span>
          </li>
        ))}
      </ul>
      <h3>{t('regionsPage.panel.workers')}</h3>
      {workers.length === 0 && <p className="quiet">{t('regionsPage.panel.noWorkers')}</p>}
      <ul className="region-list">
        {workers.map((one) => (
          <li key={one.id}>
            <span className="quiet region-role">{t(`regionsPage.role.${one.role}`)}</span>
            <span className="ellipsis">{one.name}</span>
            <span className="num">{one.number}</span>
          </li>
        ))}
      </ul>
      <h3>{t('regionsPage.panel.onDuty')}</h3>
      {on_duty.length === 0 && <p className="quiet">{t('regionsPage.panel.nobody')}</p>}
      <ul className="region-list">
        {on_duty.map((turn) => (
          <li key={`${turn.person_id}${turn.level}`}>
            <span className="quiet region-role">{t(`regionsPage.dutyLevel.${turn.level}`)}</span>
            <span className="ellipsis">
              {turn.name}
              <span className="quiet">
                {' '}
                {t('regionsPage.duty.until', { time: timeIn(zone, Date.parse(turn.ends_at)) })}
              </span>
            </span>
            <span className="num">{turn.number}</span>
          </li>
        ))}
      </ul>
    </aside>
  );
}
