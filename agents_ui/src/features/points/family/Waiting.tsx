import { useTranslation } from 'react-i18next';
import { dayOf } from '../../../kit/format';
import { units } from '../units';
import { useWaiting } from './queries';

/** What was asked for and waits for a second person: whoever sees an unchanged balance knows why. */
export function Waiting({ elderId }: { elderId: string }) {
  const { t } = useTranslation();
  const waiting = useWaiting(elderId).data ?? [];
  if (waiting.length === 0) return null;
  return (
    <div data-testid="points-waiting">
      <h4 className="aside-title">{t('pointsPage.approval.title')}</h4>
      <ul className="points-lines">
        {waiting.map((one) => (
          <li key={one.id}>
            <strong>{t(`pointsPage.approval.deed.${one.deed}`)}</strong> {one.to_name !== '' && `→ ${one.to_name} `}
            <span className="num">{units(one.amount, 'PT')}</span>{' '}
            <span className="quiet">
              {t('pointsPage.approval.asked', { by: one.asked_by, day: dayOf(one.asked_at) })}
              {' · '}
              {t('pointsPage.approval.until', { day: dayOf(one.expires_at) })}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
