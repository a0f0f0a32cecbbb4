import { CheckCircleFilled, WarningFilled } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useNow } from '../../app/console-context';
import { duration } from '../../kit/format';
import type { Matter } from './attention';

const GRAVE = new Set<Matter['kind']>(['sosWaits', 'nobodyFree', 'taskOverdue']);

/** What needs a person now, in words; and that nothing does. */
export function AttentionStrip({ matters }: { matters: Matter[] }) {
  const { t, i18n } = useTranslation();
  const now = useNow();
  const say = (matter: Matter): string => {
    switch (matter.kind) {
      case 'sosWaits':
        return t('floorPage.floor.sosWaits', { time: duration(matter.seconds * 1000) });
      case 'nobodyFree':
        return matter.waiting > 0
          ? t('floorPage.floor.nobodyFreeWaiting', { count: matter.waiting })
          : t('floorPage.floor.nobodyFree');
      case 'noTelephone':
        return t('floorPage.floor.noTelephone', { names: matter.names.join(i18n.language === 'zh' ? '、' : ', ') });
      case 'taskOverdue':
        return t('floorPage.floor.taskOverdue', { count: matter.count });
      case 'caseOverdue':
        return t('floorPage.floor.caseOverdue', { count: matter.count });
      case 'ownerAway':
        return t('floorPage.floor.ownerAway', { count: matter.count });
      case 'handoverLate':
        return t('floorPage.floor.handoverLate', { name: matter.name });
      case 'glassOverdue':
        return t('safetyPage.glass.floorOverdue', { count: matter.count });
      case 'longPause':
        return t('floorPage.floor.longPause', { name: matter.name, time: duration(now - matter.since) });
    }
  };
  if (matters.length === 0)
    return (
      <div className="floor-attention floor-well" role="status" data-testid="attention">
        <CheckCircleFilled /> {t('floorPage.floor.allWell')}
      </div>
    );
  return (
    <ul className="floor-attention" data-testid="attention" aria-label={t('floorPage.floor.attention')}>
      {matters.map((matter) => (
        <li
          key={matter.kind + ('agentId' in matter ? matter.agentId : '')}
          className={GRAVE.has(matter.kind) ? 'matter matter-grave' : 'matter'}
          data-testid={`matter-${matter.kind}`}
        >
          <WarningFilled />{' '}
          {matter.kind === 'glassOverdue' ? (
            <Link to="/access/glass" className="num">
              {say(matter)}
            </Link>
          ) : (
            <span className="num">{say(matter)}</span>
          )}
        </li>
      ))}
    </ul>
  );
}
