import { PlusOutlined, SearchOutlined } from '@ant-design/icons';
import { Button, Cascader, Checkbox, Empty, Input, Pagination, Select, Skeleton, Tag } from 'antd';
import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { useConsole, useNow } from '../../app/console-context';
import { may } from '../../app/session';
import { NotLoaded } from '../admin/Failure';
import { chainOf, regionTree, useRegions } from '../elders/queries';
import { useItemNames } from './items';
import { PAGE, useOrganisations, useStores, type StoreLine, type StoreState } from './queries';
import { Rating, StateTag } from './StateTag';

const STATES: StoreState[] = ['applied', 'admitted', 'suspended', 'left'];
const SHOWN = 4; // items of a store in the list

/** What is asked for stands in the address: a reload and the way back keep it. */
export function StoreList() {
  const { me } = useConsole();
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [address, setAddress] = useSearchParams();
  const [typed, setTyped] = useState(address.get('q') ?? '');
  const q = useDeferredValue(typed.trim());
  const page = Number(address.get('page') ?? 1);
  const filter = {
    q,
    state: STATES.find((one) => one === address.get('state')) ?? null,
    item: address.get('item') ?? '',
    regionId: address.get('region'),
    organisationId: address.get('organisation'),
    expiring: address.has('expiring'),
  };
  const found = useStores(filter, (page - 1) * PAGE);
  const regions = useRegions().data ?? [];
  const organisations = useOrganisations().data ?? [];
  const { names } = useItemNames();
  const put = (values: Record<string, string | number | null | undefined>): void => {
    const next = new URLSearchParams(address);
    next.delete('page');
    for (const [key, value] of Object.entries(values)) {
      if (value === null || value === undefined || value === '') next.delete(key);
      else next.set(key, String(value));
    }
    setAddress(next, { replace: true });
  };
  return (
    <div className="stores">
      <div className="stores-tools">
        <Input
          className="stores-search"
          prefix={<SearchOutlined />}
          allowClear
          maxLength={100}
          placeholder={t('storesPage.search')}
          aria-label={t('storesPage.search')}
          data-testid="stores-search"
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value);
            put({ q: event.target.value.trim() });
          }}
        />
        <Select
          className="stores-choice"
          allowClear
          aria-label={t('storesPage.filterState')}
          placeholder={t('storesPage.filterState')}
          value={filter.state}
          options={STATES.map((value) => ({ value, label: t(`storesPage.state.${value}`) }))}
          onChange={(state: StoreState | undefined) => put({ state })}
        />
        <Select
          className="stores-item"
          allowClear
          showSearch={{ optionFilterProp: 'label' }}
          popupMatchSelectWidth={false}
          aria-label={t('storesPage.filterItem')}
          placeholder={t('storesPage.filterItem')}
          value={filter.item || null}
          options={[...names].map(([value, name]) => ({ value, label: `${value} ${name}` }))}
          onChange={(item: string | null) => put({ item })}
        />
        <Cascader
          className="stores-choice"
          options={regionTree(regions)}
          changeOnSelect
          value={chainOf(regions, filter.regionId).map((one) => one.id)}
          displayRender={(labels) => labels.at(-1)}
          placeholder={t('storesPage.filterRegion')}
          aria-label={t('storesPage.filterRegion')}
          onChange={(path) => put({ region: path?.at(-1)?.toString() })}
        />
        <Select
          className="stores-item"
          allowClear
          popupMatchSelectWidth={false}
          aria-label={t('storesPage.filterOrganisation')}
          placeholder={t('storesPage.filterOrganisation')}
          value={filter.organisationId}
          options={organisations.map((one) => ({ value: one.id, label: one.name }))}
          onChange={(organisation: string | null) => put({ organisation })}
        />
        <Checkbox checked={filter.expiring} onChange={(event) => put({ expiring: event.target.checked ? 1 : null })}>
          {t('storesPage.expiring')}
        </Checkbox>
        <span className="stores-space" />
        {may(me, 'stores:write') && (
          <Button
            type="primary"
            icon={<PlusOutlined />}
            data-testid="store-new"
            onClick={() => void navigate('/stores/new')}
          >
            {t('storesPage.add')}
          </Button>
        )}
      </div>
      {found.isError && <NotLoaded error={found.error} again={() => void found.refetch()} />}
      {found.isPending && <Skeleton active paragraph={{ rows: 8 }} />}
      {found.data?.items.length === 0 && (
        <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('storesPage.none')} />
      )}
      {found.data !== undefined && found.data.items.length > 0 && (
        <>
          <table className="stores-table" data-testid="stores" aria-busy={found.isFetching}>
            <thead>
              <tr>
                <th>{t('storesPage.name')}</th>
                <th>{t('storesPage.filterState')}</th>
                <th>{t('storesPage.items')}</th>
                <th>{t('storesPage.place')}</th>
                <th>{t('storesPage.people')}</th>
                <th>{t('storesPage.rating')}</th>
                <th>{t('storesPage.nextLapse')}</th>
              </tr>
            </thead>
            <tbody>
              {found.data.items.map((store) => (
                <Row key={store.id} store={store} names={names} />
              ))}
            </tbody>
          </table>
          <div className="stores-foot">
            <span className="quiet" role="status">
              {t('storesPage.total', { count: found.data.total })}
            </span>
            {found.data.total > PAGE && (
              <Pagination
                current={page}
                pageSize={PAGE}
                total={found.data.total}
                showSizeChanger={false}
                onChange={(next) => put({ page: next === 1 ? null : next })}
              />
            )}
          </div>
        </>
      )}
    </div>
  );
}

function Row({ store, names }: { store: StoreLine; names: ReadonlyMap<string, string> }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const items = store.items.map((code) => names.get(code) ?? code);
  return (
    <tr onClick={() => void navigate(`/stores/${store.id}`)}>
      <td>
        <Link
          to={`/stores/${store.id}`}
          onClick={(event) => event.stopPropagation()}
          aria-label={t('storesPage.open', { name: store.name })}
        >
          <strong>{store.name}</strong>
        </Link>{' '}
        <span className="quiet num">{store.code}</span>
        {store.kind === 'volunteers' && <Tag className="stores-tag">{t('storesPage.kind.volunteers')}</Tag>}
        {!store.has_smartphone && <Tag className="stores-tag">{t('storesPage.noSmartphone')}</Tag>}
      </td>
      <td>
        <StateTag state={store.state} />
      </td>
      <td title={items.join('、')}>
        {items.slice(0, SHOWN).join('、')}
        {items.length > SHOWN && <span className="quiet"> +{items.length - SHOWN}</span>}
      </td>
      <td className="stores-nowrap">{store.community}</td>
      <td className="num">{store.people}</td>
      <td className="stores-nowrap">
        <Rating rating={store.rating} count={store.rating_count} />
      </td>
      <td className="num stores-nowrap">
        <Lapse day={store.next_lapse} />
      </td>
    </tr>
  );
}

const DAY = 86_400_000;

/** The nearest last day of its papers; loud when it has passed, or comes within 60 days. */
function Lapse({ day }: { day: string | null }) {
  const { t } = useTranslation();
  const now = useNow(60_000);
  if (day === null) return <span className="quiet">–</span>;
  const left = (Date.parse(day) + DAY - now) / DAY;
  if (left < 0) return <span className="stores-bad">{t('storesPage.lapsed', { day })}</span>;
  return <span className={left <= 60 ? 'stores-soon' : 'quiet'}>{day}</span>;
}
