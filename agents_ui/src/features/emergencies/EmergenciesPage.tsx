import { Segmented } from 'antd';
import { useTranslation } from 'react-i18next';
import { Navigate, Route, Routes, useNavigate } from 'react-router';
import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { Page } from '../shell/Page';
import { EmergencyTable } from './EmergencyTable';
import { ReportPage } from './ReportPage';
import { RiskSheetPage } from './RiskSheetPage';
import { SheetsTab } from './SheetsTab';
import '../console/console.css';
import '../reports/reports.css';
import './emergencies.css';

/** Before and after: today's risks on paper, and what became of each emergency. An agent opens the report of her own. */
export function EmergenciesPage() {
  const { me } = useConsole();
  const lists = may(me, 'reports:read');
  const prints = may(me, 'sheets:print');
  return (
    <Routes>
      {lists && (
        <Route
          index
          element={
            <Framed current="">
              <EmergencyTable />
            </Framed>
          }
        />
      )}
      {prints && (
        <Route
          path="sheets"
          element={
            <Framed current="sheets">
              <SheetsTab />
            </Framed>
          }
        />
      )}
      {prints && <Route path="sheets/:sheetId" element={<RiskSheetPage />} />}
      <Route path=":caseId/report" element={<ReportPage />} />
      <Route path="*" element={<Navigate to={lists ? '/emergencies' : '/'} replace />} />
    </Routes>
  );
}

function Framed({ current, children }: { current: string; children: React.ReactNode }) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const navigate = useNavigate();
  return (
    <Page
      title={t('nav.emergencies')}
      extra={
        may(me, 'sheets:print') && (
          <Segmented
            value={current}
            onChange={(path) => void navigate(path === '' ? '/emergencies' : `/emergencies/${path}`)}
            options={[
              { value: '', label: t('safetyPage.list.tab') },
              { value: 'sheets', label: t('safetyPage.sheet.tab') },
            ]}
            data-testid="emergencies-parts"
          />
        )
      }
    >
      {children}
    </Page>
  );
}
