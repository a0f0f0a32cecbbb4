import { useTranslation } from 'react-i18next';
import { NavLink } from 'react-router';
import { useConsole } from '../../app/console-context';
import { pagesFor } from '../../app/pages';
import { may } from '../../app/session';
import { GlassBadge } from '../access/GlassBadge';
import { ComplaintBadge } from '../complaints/Notices';

export function NavRail() {
  const { me } = useConsole();
  const { t } = useTranslation();
  return (
    <nav className="rail" aria-label={t('nav.label')}>
      {pagesFor(me.permissions)
        .filter((page) => !page.hidden && (page.railFor === undefined || may(me, page.railFor)))
        .map((page) => (
          <NavLink
            key={page.key}
            to={page.path}
            end={page.path === '/'}
            className={({ isActive }) => (isActive ? 'rail-item rail-active' : 'rail-item')}
            data-testid={`nav-${page.key}`}
          >
            {page.icon}
            <span>{t(`nav.${page.key}`)}</span>
            {page.key === 'access' && <GlassBadge />}
            {page.key === 'followUps' && <ComplaintBadge />}
          </NavLink>
        ))}
    </nav>
  );
}
