import { Input, Segmented, Select } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import type { OrderView } from '../../api/types';
import { useLive } from '../../app/console-context';
import { Page } from '../shell/Page';
import { BoardMap } from './BoardMap';
import {
  byDeadline,
  choicesOf,
  isFiltered,
  matches,
  needsAttention,
  NO_FILTER,
  type Choice,
  type Filter,
} from './board';
import { JobColumns } from './JobColumns';
import { JobList } from './JobList';
import { OrderDetailView } from './OrderDetailView';
import { say } from './words';
import './orders.css';

type Look = 'pending' | 'all' | 'columns' | 'map';
const LOOKS: Look[] = ['pending', 'all', 'columns', 'map'];

/** All live orders: first what needs somebody, then by deadline, by state, on the map. */
export function JobsPage() {
  const { t } = useTranslation();
  const live = useLive((state) => state.orders);
  const [params, setParams] = useSearchParams();
  const [filter, setFilter] = useState<Filter>(NO_FILTER);
  const orders = useMemo(() => Object.values(live), [live]);
  const pending = useMemo(() => needsAttention(orders), [orders]);
  const asked = params.get('look') as Look | null;
  const look = asked !== null && LOOKS.includes(asked) ? asked : pending.length > 0 ? 'pending' : 'all';
  const chosen = params.get('order');
  const set = (part: Record<string, string | null>): void =>
    setParams((before) => {
      const next = new URLSearchParams(before);
      for (const [key, value] of Object.entries(part)) {
        if (value === null) next.delete(key);
        else next.set(key, value);
      }
      return next;
    });
  const shown = useMemo(() => {
    const list = look === 'pending' ? pending : byDeadline(orders);
    return isFiltered(filter) ? list.filter((order) => matches(order, filter)) : list;
  }, [look, orders, pending, filter]);
  const current = chosen === null ? null : (live[chosen] ?? null);
  return (
    <Page
      title={t('ordersPage.title')}
      extra={
        <>
          <span className="quiet num">{t('ordersPage.board.live', { count: orders.length })}</span>
          <Segmented<Look>
            value={look}
            aria-label={t('ordersPage.title')}
            onChange={(next) => set({ look: next })}
            options={LOOKS.map((value) => ({
              value,
              label:
                value === 'pending'
                  ? `${t('ordersPage.board.pending')} ${pending.length}`
                  : t(`ordersPage.board.${value}`),
            }))}
          />
        </>
      }
    >
      <div className="jobs">
        <Filters orders={orders} filter={filter} onChange={setFilter} />
        <div className={chosen === null ? 'jobs-body' : 'jobs-body jobs-split'}>
          <div className="panel jobs-main">
            {look === 'map' ? (
              <BoardMap
                orders={shown}
                chosen={chosen}
                onChoose={(order) => set({ order })}
                onCommunity={(community) => setFilter({ ...filter, community })}
              />
            ) : look === 'columns' ? (
              <JobColumns orders={shown} chosen={chosen} onChoose={(order) => set({ order })} />
            ) : (
              <JobList
                key={look}
                orders={shown}
                chosen={chosen}
                pending={look === 'pending'}
                filtered={isFiltered(filter)}
                onChoose={(order) => set({ order })}
              />
            )}
          </div>
          {chosen !== null && (
            <aside className="panel jobs-side" aria-label={t('ordersPage.card.history')}>
              <button type="button" className="jobs-shut" onClick={() => set({ order: null })}>
                {t('common.close')} ×
              </button>
              <OrderDetailView key={chosen} orderId={chosen} version={current?.version ?? 0} />
            </aside>
          )}
        </div>
      </div>
    </Page>
  );
}

function Filters({
  orders,
  filter,
  onChange,
}: {
  orders: readonly OrderView[];
  filter: Filter;
  onChange: (filter: Filter) => void;
}) {
  const { t } = useTranslation();
  const choices = useMemo(
    () => ({
      class: choicesOf(orders, (order) => ({ value: order.sla_class, label: order.sla_class })),
      category: choicesOf(orders, (order) => {
        const first = order.lines[0];
        return first === undefined ? null : { value: first.category, label: say('category', first.category) };
      }),
      community: choicesOf(orders, (order) => ({ value: order.community_id, label: order.place })),
      store: choicesOf(orders, (order) =>
        order.store_id === null ? null : { value: order.store_id, label: order.store_name },
      ),
      attention: choicesOf(orders, (order) =>
        order.attention === '' ? null : { value: order.attention, label: say('attention', order.attention) },
      ),
    }),
    [orders],
  );
  const pick = (key: keyof typeof choices, options: Choice[]) => (
    <Select
      size="small"
      allowClear
      showSearch={{ optionFilterProp: 'label' }}
      className="jobs-filter"
      value={filter[key]}
      placeholder={t(`ordersPage.board.${key}`)}
      aria-label={t(`ordersPage.board.${key}`)}
      options={options}
      popupMatchSelectWidth={false}
      onChange={(value: string | undefined) => onChange({ ...filter, [key]: value ?? null })}
    />
  );
  return (
    <div className="jobs-filters">
      <Input
        size="small"
        allowClear
        className="jobs-find"
        value={filter.find}
        placeholder={t('ordersPage.board.find')}
        aria-label={t('ordersPage.board.find')}
        onChange={(event) => onChange({ ...filter, find: event.target.value })}
      />
      {pick('class', choices.class)}
      {pick('category', choices.category)}
      {pick('community', choices.community)}
      {pick('store', choices.store)}
      {pick('attention', choices.attention)}
      {isFiltered(filter) && (
        <button type="button" className="jobs-clear" onClick={() => onChange(NO_FILTER)}>
          {t('ordersPage.board.clear')}
        </button>
      )}
    </div>
  );
}
