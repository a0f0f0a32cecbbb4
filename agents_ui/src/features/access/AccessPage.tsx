import { Tabs } from 'antd';
import { useTranslation } from 'react-i18next';
import { Navigate, Route, Routes, useLocation, useNavigate } from 'react-router';
import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { Page } from '../shell/Page';
import { AuditTab } from './AuditTab';
import { ElderLogTab } from './ElderLogTab';
import { GlassTab } from './GlassTab';
import './access.css';

/** Who looked at whom, and who did what. */
export function AccessPage() {
  const { me } = useConsole();
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const tabs = [
    ...(may(me, 'glass:review') ? [{ key: 'glass', label: t('accessPage.tabGlass') }] : []),
    ...(may(me, 'audit:read') ? [{ key: 'audit', label: t('accessPage.tabAudit') }] : []),
    ...(may(me, 'elders:log') ? [{ key: 'elder', label: t('accessPage.tabElder') }] : []),
  ];
  const first = tabs[0]?.key ?? 'audit';
  const active = tabs.find((tab) => pathname.startsWith(`/access/${tab.key}`))?.key ?? first;
  const has = (key: string): boolean => tabs.some((tab) => tab.key === key);
  return (
    <Page title={t('nav.access')}>
      <Tabs activeKey={active} items={tabs} onChange={(key) => void navigate(`/access/${key}`)} />
      <Routes>
        {has('glass') && <Route path="glass" element={<GlassTab />} />}
        {has('audit') && <Route path="audit" element={<AuditTab />} />}
        {has('elder') && <Route path="elder/:elderId?" element={<ElderLogTab />} />}
        <Route path="*" element={<Navigate to={`/access/${first}`} replace />} />
      </Routes>
    </Page>
  );
}
