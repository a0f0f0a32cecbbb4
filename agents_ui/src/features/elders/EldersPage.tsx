import { Segmented } from 'antd';
import { useTranslation } from 'react-i18next';
import { Navigate, Route, Routes, useLocation, useNavigate } from 'react-router';
import type { Permission } from '../../api/types';
import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { Page } from '../shell/Page';
import { AddressChecks } from './AddressChecks';
import { Directory } from './Directory';
import { Duplicates } from './Duplicates';
import { ElderPage } from './ElderPage';
import { Exports } from './Exports';
import { Imports } from './Imports';
import { NewElderPage } from './NewElderPage';
import { Wordings } from './Wordings';
import '../case/case.css';
import '../console/console.css';
import './elders.css';

const PARTS = [
  { key: 'list', path: '', needs: 'elders:search', Component: Directory },
  { key: 'check', path: 'address-check', needs: 'elders:search', Component: AddressChecks },
  { key: 'duplicates', path: 'duplicates', needs: 'elders:merge', Component: Duplicates },
  { key: 'import', path: 'import', needs: 'elders:import', Component: Imports },
  { key: 'exports', path: 'exports', needs: 'elders:export', Component: Exports },
  { key: 'wordings', path: 'wordings', needs: 'consents:word', Component: Wordings },
] as const satisfies readonly { key: string; path: string; needs: Permission; Component: () => React.ReactNode }[];

/** The list of elders, one elder's profile, and what is done with many of them at once. */
export function EldersPage() {
  const { me } = useConsole();
  const parts = PARTS.filter((part) => may(me, part.needs));
  return (
    <Routes>
      {parts.map(({ key, path, Component }) => (
        <Route
          key={key}
          path={path}
          element={
            <Framed parts={parts} current={path}>
              <Component />
            </Framed>
          }
        />
      ))}
      {may(me, 'elders:write') && <Route path="new" element={<NewElderPage />} />}
      {may(me, 'elders:read') && <Route path=":id" element={<ElderPage />} />}
      <Route path="*" element={<Navigate to="/elders" replace />} />
    </Routes>
  );
}

interface FramedProps {
  parts: readonly (typeof PARTS)[number][];
  current: string;
  children: React.ReactNode;
}

function Framed({ parts, current, children }: FramedProps) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  return (
    <Page
      title={t('nav.elders')}
      extra={
        parts.length > 1 && (
          <Segmented
            key={pathname}
            value={current}
            onChange={(path) => void navigate(path === '' ? '/elders' : `/elders/${path}`)}
            options={parts.map((part) => ({ value: part.path, label: t(`eldersPage.tabs.${part.key}`) }))}
            data-testid="elders-parts"
          />
        )
      }
    >
      {children}
    </Page>
  );
}
