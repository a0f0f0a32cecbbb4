import { useTranslation } from 'react-i18next';
import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { useGlassCount } from './queries';

/** On the rail: how many wait for a review; red when one is overdue. */
export function GlassBadge() {
  const { me } = useConsole();
  const { t } = useTranslation();
  const count = useGlassCount(may(me, 'glass:review')).data;
  if (count === undefined || count.open === 0) return null;
  const text = t(count.overdue > 0 ? 'accessPage.badgeOverdue' : 'accessPage.badgeOpen', {
    n: count.overdue > 0 ? count.overdue : count.open,
  });
  return (
    <span className={count.overdue > 0 ? 'rail-badge rail-badge-late' : 'rail-badge'} title={text} aria-label={text}>
      {count.overdue > 0 ? `!${count.overdue}` : count.open}
    </span>
  );
}
