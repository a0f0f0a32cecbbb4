import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Navigate, NavLink, Route, Routes } from 'react-router';
import type { Permission } from '../../api/types';
import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { Page } from '../shell/Page';
import { CatalogTab } from '../catalog/CatalogTab';
import './admin.css';
import { LinesTab } from './LinesTab';
import { OpeningsTab } from './OpeningsTab';
import { OptionsTab } from './OptionsTab';
import { PeopleTab } from './PeopleTab';
import { SettingsTab } from './SettingsTab';
import { TeamsTab } from './TeamsTab';

interface Tab {
  key: 'people' | 'teams' | 'lines' | 'openings' | 'options' | 'catalog' | 'settings';
  reads: Permission;
  writes: Permission;
  show: (canWrite: boolean) => ReactNode;
}

const TABS: Tab[] = [
  { key: 'people', reads: 'users:read', writes: 'users:write', show: (write) => <PeopleTab canWrite={write} /> },
  { key: 'teams', reads: 'users:read', writes: 'users:write', show: (write) => <TeamsTab canWrite={write} /> },
  { key: 'lines', reads: 'centre:read', writes: 'centre:write', show: (write) => <LinesTab canWrite={write} /> },
  { key: 'openings', reads: 'centre:read', writes: 'centre:write', show: (write) => <OpeningsTab canWrite={write} /> },
  { key: 'options', reads: 'centre:read', writes: 'centre:write', show: (write) => <OptionsTab canWrite={write} /> },
  { key: 'catalog', reads: 'catalog:read', writes: 'catalog:write', show: (write) => <CatalogTab canWrite={write} /> },
  { key: 'settings', reads: 'centre:read', writes: 'centre:write', show: (write) => <SettingsTab canWrite={write} /> },
];

/** What keeps the house: who works here, what is called, said and chosen, and how long things take. */
export function AdminPage() {
  const { me } = useConsole();
  const { t } = useTranslation();
  const tabs = TABS.filter((tab) => may(me, tab.reads));
  return (
    <Page title={t('nav.admin')}>
      <div className="admin">
        <nav className="admin-nav" aria-label={t('adminPage.nav.label')}>
          {tabs.map((tab) => (
            <NavLink
              key={tab.key}
              to={`/admin/${tab.key}`}
              className={({ isActive }) => (isActive ? 'admin-tab admin-tab-on' : 'admin-tab')}
              data-testid={`admin-${tab.key}`}
            >
              {t(`adminPage.nav.${tab.key}`)}
            </NavLink>
          ))}
        </nav>
        <div className="admin-body">
          <Routes>
            {tabs.map((tab) => (
              <Route
                key={tab.key}
                path={tab.key}
                element={
                  <>
                    <p className="admin-who quiet">
                      {tab.key === 'catalog' && may(me, 'catalog:localise')
                        ? t('catalogPage.whoMay')
                        : may(me, tab.writes)
                          ? t('adminPage.whoMay')
                          : t('adminPage.readOnly')}
                    </p>
                    {tab.show(may(me, tab.writes))}
                  </>
                }
              />
            ))}
            <Route path="*" element={<Navigate to={`/admin/${tabs[0]?.key ?? 'people'}`} replace />} />
          </Routes>
        </div>
      </div>
    </Page>
  );
}
