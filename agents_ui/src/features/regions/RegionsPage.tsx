import { Tabs } from 'antd';
import { useTranslation } from 'react-i18next';
import { useLocation, useNavigate } from 'react-router';
import { Page } from '../shell/Page';
import { DutyTab } from './DutyTab';
import { MapTab } from './MapTab';
import { TreeTab } from './TreeTab';
import { WorkersTab } from './WorkersTab';
import '../console/console.css'; // panels: the desk may not have been opened yet
import './regions.css';

const TABS = { map: MapTab, tree: TreeTab, workers: WorkersTab, duty: DutyTab } as const;
type Tab = keyof typeof TABS;
const KEYS = Object.keys(TABS) as Tab[];

/** /regions, /regions/tree, /regions/workers, /regions/duty */
export function RegionsPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const asked = pathname.split('/')[2] ?? '';
  const tab = KEYS.find((one) => one === asked) ?? 'map';
  const Shown = TABS[tab];
  return (
    <Page title={t('nav.regions')}>
      <Tabs
        activeKey={tab}
        onChange={(key) => void navigate(key === 'map' ? '/regions' : `/regions/${key}`)}
        items={KEYS.map((key) => ({
          key,
          label: t(`regionsPage.tabs.${key}`),
          children: key === tab ? <Shown /> : null,
        }))}
      />
    </Page>
  );
}
