import { PlusOutlined, SearchOutlined } from '@ant-design/icons';
import { Alert, Button, Cascader, Empty, Input, Pagination, Select, Skeleton } from 'antd';
import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useSearchParams } from 'react-router';
import type { DirectoryFilter, ElderHit, Profile } from '../../api/types';
import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { errorText, word } from '../../i18n/words';
import { zhWords } from '../../i18n/zh-words';
import { chainOf, regionTree, useCategories, useDirectory, useRegions } from './queries';

const PAGE = 50;
const RISKS = [0, 1, 2, 3] as const;

/** What is asked for stands in the address: a reload, a bookmark and the way back keep it. */
export function Directory() {
  const { me } = useConsole();
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [address, setAddress] = useSearchParams();
  const [typed, setTyped] = useState(address.get('q') ?? '');
  const asked = useDeferredValue(typed.trim());
  const filter: Partial<DirectoryFilter> = {
    region_id: address.get('region'),
    category: address.get('category') ?? '',
    presence: address.get('presence') as Profile['presence'] | null,
    risk: address.get('risk') === null ? null : Number(address.get('risk')),
    living: address.get('living') as Profile['living'] | null,
  };
  const page = Number(address.get('page') ?? 1);
  const found = useDirectory({ q: asked, filter, offset: (page - 1) * PAGE });
  const regions = useRegions().data ?? [];
  const categories = useCategories().data ?? [];

  const put = (values: Record<string, string | number | null | undefined>): void => {
    const next = new URLSearchParams(address);
    next.delete('page');
    for (const [key, value] of Object.entries(values)) {
      if (value === null || value === undefined || value === '') next.delete(key);
      else next.set(key, String(value));
    }
    setAddress(next, { replace: true });
  };
  const filtered = ['region', 'category', 'presence', 'risk', 'living'].some((key) => address.has(key));
  return (
    <div className="elders">
      <div className="elders-tools">
        <Input
          className="elders-search"
          prefix={<SearchOutlined />}
          allowClear
          autoFocus
          maxLength={100}
          placeholder={t('eldersPage.list.search')}
          aria-label={t('search.title')}
          data-testid="directory-search"
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value);
            put({ q: event.target.value.trim() });
          }}
        />
        <Cascader
          className="elders-region"
          options={regionTree(regions)}
          changeOnSelect
          value={chainOf(regions, filter.region_id).map((one) => one.id)}
          displayRender={(labels) => labels.at(-1)}
          placeholder={t('eldersPage.list.region')}
          aria-label={t('eldersPage.list.region')}
          onChange={(path) => put({ region: path?.at(-1)?.toString() })}
        />
        <Choice
          label={t('eldersPage.list.category')}
          value={filter.category || null}
          options={categories.map((one) => ({ value: one, label: one }))}
          onChange={(category) => put({ category })}
        />
        <Choice
          label={t('eldersPage.list.presence')}
          placeholder={t('eldersPage.list.presenceDefault')}
          value={filter.presence ?? null}
          options={Object.keys(zhWords.presence).map((one) => ({ value: one, label: word('presence', one) }))}
          onChange={(presence) => put({ presence })}
        />
        <Choice
          label={t('eldersPage.list.risk')}
          value={filter.risk ?? null}
          options={RISKS.map((one) => ({
            value: one,
            label: `${t('eldersPage.list.risk')} ${t(`eldersPage.risk.r${one}`)}`,
          }))}
          onChange={(risk) => put({ risk })}
        />
        <Choice
          label={t('eldersPage.list.living')}
          value={filter.living ?? null}
          options={Object.keys(zhWords.living).map((one) => ({ value: one, label: word('living', one) }))}
          onChange={(living) => put({ living })}
        />
        {filtered && (
          <Button
            type="text"
            onClick={() => put({ region: null, category: null, presence: null, risk: null, living: null })}
          >
            {t('eldersPage.list.reset')}
          </Button>
        )}
        <span className="elders-space" />
        {may(me, 'elders:write') && (
          <Button
            type="primary"
            icon={<PlusOutlined />}
            data-testid="elder-new"
            onClick={() => void navigate('/elders/new')}
          >
            {t('eldersPage.list.new')}
          </Button>
        )}
      </div>
      {found.isError && (
        <Alert
          type="error"
          showIcon
          title={errorText(found.error)}
          action={<Button onClick={() => void found.refetch()}>{t('common.retry')}</Button>}
        />
      )}
      {found.isPending && <Skeleton active paragraph={{ rows: 8 }} />}
      {found.data?.items.length === 0 && (
        <Empty className="elders-empty" description={t('eldersPage.list.none')}>
          <span className="quiet">{t('eldersPage.list.noneHelp')}</span>
        </Empty>
      )}
      {found.data !== undefined && found.data.items.length > 0 && (
        <>
          <table className="elders-table" data-testid="directory" aria-busy={found.isFetching}>
            <thead>
              <tr>
                <th>{t('eldersPage.list.name')}</th>
                <th>{t('eldersPage.list.place')}</th>
                <th>{t('eldersPage.list.numbers')}</th>
                <th>{t('eldersPage.list.living')}</th>
                <th>{t('eldersPage.list.risk')}</th>
                <th>{t('eldersPage.list.presence')}</th>
              </tr>
            </thead>
            <tbody>
              {found.data.items.map((hit) => (
                <Row key={hit.id} hit={hit} />
              ))}
            </tbody>
          </table>
          <div className="elders-foot">
            <span className="quiet" role="status">
              {asked === ''
                ? t('eldersPage.list.total', { count: found.data.total })
                : t('eldersPage.list.found', { count: found.data.total })}
            </span>
            {asked === '' && found.data.total > PAGE && (
              <Pagination
                current={page}
                pageSize={PAGE}
                total={Math.min(found.data.total, 10_000)}
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

function Row({ hit }: { hit: ElderHit }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const away = hit.presence !== 'home';
  return (
    <tr onClick={() => void navigate(`/elders/${hit.id}`)}>
      <td className="elders-nowrap">
        <Link
          to={`/elders/${hit.id}`}
          onClick={(event) => event.stopPropagation()}
          aria-label={t('eldersPage.list.open', { name: hit.name })}
          data-testid={`elder-${hit.id}`}
        >
          <strong>{hit.name}</strong>
        </Link>{' '}
        {word('sex', hit.sex)}
        {hit.age !== null && <span className="num"> {t('elder.age', { count: hit.age })}</span>}
      </td>
      <td>
        {hit.place} <span className="quiet">{hit.address}</span>
      </td>
      <td className="num">
        {hit.numbers.join(' / ')}
        {hit.contact && (
          <div className="elders-why">
            {t('eldersPage.list.byContact', {
              relation: hit.contact.relation,
              name: hit.contact.name,
              number: hit.contact.text,
            })}
          </div>
        )}
      </td>
      <td className="elders-nowrap">{word('living', hit.living)}</td>
      <td className={hit.risk >= 3 ? 'elders-risk-high' : hit.risk === 2 ? 'elders-risk' : 'quiet'}>
        {t(`eldersPage.risk.r${hit.risk as (typeof RISKS)[number]}`)}
      </td>
      <td className={away ? 'elders-away' : 'quiet'}>{word('presence', hit.presence)}</td>
    </tr>
  );
}

interface ChoiceProps<V extends string | number> {
  label: string;
  placeholder?: string;
  value: V | null;
  options: { value: V; label: string }[];
  onChange: (value: V | null) => void;
}

function Choice<V extends string | number>({ label, placeholder, value, options, onChange }: ChoiceProps<V>) {
  return (
    <Select<V>
      className="elders-choice"
      allowClear
      aria-label={label}
      placeholder={placeholder ?? label}
      value={value}
      options={options}
      popupMatchSelectWidth={false}
      onChange={(next) => onChange((next as V | undefined) ?? null)}
    />
  );
}
