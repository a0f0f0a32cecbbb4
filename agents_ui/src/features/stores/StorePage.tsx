import { Alert, Button, Dropdown, Skeleton, Tabs } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { useConsole, useNow } from '../../app/console-context';
import { may } from '../../app/session';
import { moment } from '../../kit/format';
import { NotLoaded } from '../admin/Failure';
import { Page } from '../shell/Page';
import { AreaTab } from './AreaTab';
import { Basics } from './Basics';
import { DaysTab } from './DaysTab';
import { DecideDialog } from './DecideDialog';
import { HistoryTab } from './HistoryTab';
import { ItemsTab } from './ItemsTab';
import { LicencesTab } from './LicencesTab';
import { PeopleTab } from './PeopleTab';
import { useStoreView, type StoreState, type StoreView } from './queries';
import { Rating, StateTag } from './StateTag';

const TABS = {
  basics: Basics,
  items: ItemsTab,
  licences: LicencesTab,
  people: PeopleTab,
  area: AreaTab,
  days: DaysTab,
  history: HistoryTab,
} as const;
type Tab = keyof typeof TABS;
const KEYS = Object.keys(TABS) as Tab[];

export interface TabProps {
  store: StoreView;
  writes: boolean;
}

/** A store's profile; without an id, a new one. */
export function StorePage({ id }: { id: string | null }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  if (id !== null) return <Known id={id} />;
  return (
    <Page title={t('storesPage.add')} extra={<Link to="/stores">{t('storesPage.back')}</Link>}>
      <Basics store={null} writes onMade={(store) => void navigate(`/stores/${store.id}?tab=items`)} />
    </Page>
  );
}

function Known({ id }: { id: string }) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const [address, setAddress] = useSearchParams();
  const found = useStoreView(id);
  const back = <Link to="/stores">{t('storesPage.back')}</Link>;
  if (found.isPending) {
    return (
      <Page title={t('nav.stores')} extra={back}>
        <Skeleton active />
      </Page>
    );
  }
  if (found.isError) {
    return (
      <Page title={t('nav.stores')} extra={back}>
        <NotLoaded error={found.error} again={() => void found.refetch()} />
      </Page>
    );
  }
  const store = found.data;
  const tab = KEYS.find((one) => one === address.get('tab')) ?? 'basics';
  const Shown = TABS[tab];
  return (
    <Page title={store.name} extra={back}>
      <Head store={store} admits={may(me, 'stores:admit')} />
      <Tabs
        activeKey={tab}
        onChange={(key) => setAddress(key === 'basics' ? {} : { tab: key }, { replace: true })}
        items={KEYS.map((key) => ({
          key,
          label: t(`storesPage.tab.${key}`),
          // a new version is a new form: what was typed over an old one would not be taken
          children: key === tab ? <Shown key={store.version} store={store} writes={may(me, 'stores:write')} /> : null,
        }))}
      />
    </Page>
  );
}

function Head({ store, admits }: { store: StoreView; admits: boolean }) {
  const { t } = useTranslation();
  const now = useNow(60_000);
  const [to, setTo] = useState<StoreState | null>(null);
  const deed = (state: StoreState): string =>
    t(`storesPage.decide.${state === 'admitted' && store.state === 'suspended' ? 'restored' : state}`);
  const [first, ...others] = [...store.may_become].sort((a, b) => Number(a === 'left') - Number(b === 'left'));
  return (
    <div className="stores-head">
      <span className="num quiet">{store.code}</span>
      <StateTag state={store.state} />
      <span className="quiet">
        {store.state_reason} {t('storesPage.since', { time: moment(Date.parse(store.state_since), now) })}
      </span>
      <span>
        {store.community}
        {store.organisation && <span className="quiet"> · {store.organisation}</span>}
      </span>
      <Rating rating={store.rating} count={store.rating_count} />
      <span className="stores-space" />
      {admits && first !== undefined && (
        <Button
          type={first === 'admitted' ? 'primary' : 'default'}
          danger={first === 'suspended'}
          data-testid={`decide-${first}`}
          onClick={() => setTo(first)}
        >
          {deed(first)}
        </Button>
      )}
      {admits && others.length > 0 && (
        <Dropdown
          menu={{
            items: others.map((key) => ({ key, label: deed(key) })),
            onClick: ({ key }) => setTo(key as StoreState),
          }}
        >
          <Button aria-label={others.map(deed).join(', ')}>…</Button>
        </Dropdown>
      )}
      {store.state === 'applied' && store.missing.length > 0 && (
        <Alert
          className="stores-missing"
          type="info"
          showIcon
          title={`${t('storesPage.missing')} ${store.missing.map((word) => t(`storesPage.lack.${word}` as never)).join('、')}`}
        />
      )}
      {to !== null && <DecideDialog store={store} to={to} deed={deed(to)} onClose={() => setTo(null)} />}
    </div>
  );
}
