import { Tabs } from 'antd';
import { useTranslation } from 'react-i18next';
import { useLocation, useNavigate } from 'react-router';
import { Page } from '../shell/Page';
import { Files } from './Files';
import { Organisations } from './Organisations';
import { StoreList } from './StoreList';
import { StorePage } from './StorePage';
import './stores.css';

const TABS = { list: StoreList, organisations: Organisations, files: Files } as const;
type Tab = keyof typeof TABS;
const KEYS = Object.keys(TABS) as Tab[];

/** /stores, /stores/organisations, /stores/files, /stores/new, /stores/{id} */
export function StoresPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const asked = useLocation().pathname.split('/')[2] ?? '';
  const tab = KEYS.find((one) => one === asked) ?? 'list';
  if (asked !== '' && asked !== tab) return <StorePage key={asked} id={asked === 'new' ? null : asked} />;
  const Shown = TABS[tab];
  return (
    <Page title={t('nav.stores')}>
      <Tabs
        activeKey={tab}
        onChange={(key) => void navigate(key === 'list' ? '/stores' : `/stores/${key}`)}
        items={KEYS.map((key) => ({
          key,
          label: t(`storesPage.tabs.${key}`),
          children: key === tab ? <Shown /> : null,
        }))}
      />
    </Page>
  );
}
