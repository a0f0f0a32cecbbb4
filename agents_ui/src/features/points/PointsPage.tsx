import { Skeleton, Tabs } from 'antd';
import { Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation, useNavigate } from 'react-router';
import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { Page } from '../shell/Page';
import { TABS } from './tabs';
import '../console/console.css';
import '../elders/elders.css';
import './points.css';

/** /points, /points/{tab}: each tab is loaded when it is opened. */
export function PointsPage() {
  const { me } = useConsole();
  const { t } = useTranslation();
  const navigate = useNavigate();
  const asked = useLocation().pathname.split('/')[2] ?? '';
  const tabs = TABS.filter((tab) => may(me, tab.reads));
  const shown = tabs.find((tab) => tab.key === asked) ?? tabs[0];
  return (
    <Page title={t('nav.points')}>
      <Tabs
        activeKey={shown?.key ?? ''}
        onChange={(key) => void navigate(key === TABS[0]?.key ? '/points' : `/points/${key}`)}
        items={tabs.map(({ key, Component }) => ({
          key,
          label: t(`pointsPage.tabs.${key}`),
          children:
            key === shown?.key ? (
              <Suspense fallback={<Skeleton active />}>
                <Component />
              </Suspense>
            ) : null,
        }))}
      />
    </Page>
  );
}
