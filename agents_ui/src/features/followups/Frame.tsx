import { Tabs } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { Page } from '../shell/Page';
import '../../kit/tone.css';
import '../orders/orders.css';
import '../reports/reports.css';
import './followups.css';

const PATHS = {
  calls: '/follow-ups',
  complaints: '/follow-ups/complaints',
  campaigns: '/follow-ups/campaigns',
} as const;
export type FollowUpTab = keyof typeof PATHS;

interface Props {
  tab: FollowUpTab;
  extra?: ReactNode;
  children: ReactNode;
}

/** What the parts of the page have in common: calls that the centre owes, complaints, campaigns. */
export function Frame({ tab, extra, children }: Props) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const navigate = useNavigate();
  const tabs: FollowUpTab[] = [
    ...(may(me, 'outreach:read') ? (['calls'] as const) : []),
    'complaints',
    ...(may(me, 'outreach:write') ? (['campaigns'] as const) : []),
  ];
  return (
    <Page title={t('nav.followUps')} extra={extra}>
      <div className="follow-up-frame">
        <Tabs
          size="small"
          activeKey={tab}
          onChange={(key) => void navigate(PATHS[key as FollowUpTab])}
          items={tabs.map((key) => ({
            key,
            label: key === 'campaigns' ? t('campaignPage.title') : t(`followUpPage.tabs.${key}`),
          }))}
        />
        {children}
      </div>
    </Page>
  );
}
