import { Select } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import type { FloorCase } from '../../api/types';
import { useConsole, useLive, useNow } from '../../app/console-context';
import { word } from '../../i18n/words';
import { duration, phoneNumber } from '../../kit/format';
import { dueAt, inOrder, isOwnerAway } from './attention';
import { OwnerActions } from './OwnerMenu';

type Filter = 'all' | 'nobodys' | 'ownerAway' | 'overdue';
const FILTERS: Filter[] = ['all', 'nobodys', 'ownerAway', 'overdue'];

export function CaseTable({ cases, stale }: { cases: FloorCase[]; stale: boolean }) {
  const { t } = useTranslation();
  const agents = useLive((state) => state.agents);
  const now = useNow();
  const [filter, setFilter] = useState<Filter>('all');
  const sorted = useMemo(() => inOrder(cases), [cases]);
  const shown = sorted.filter((item) => {
    const due = dueAt(item);
    if (filter === 'nobodys') return item.owner_id === null;
    if (filter === 'ownerAway') return isOwnerAway(item, { agents });
    if (filter === 'overdue') return due !== null && Date.parse(due) <= now;
    return true;
  });
  return (
    <section className="panel" aria-labelledby="floor-cases">
      <div className="panel-head">
        <h2 id="floor-cases">{t('floorPage.floor.openCases')}</h2>
        <span className="panel-count num">{cases.length}</span>
        {stale && <span className="age-warn">{t('floorPage.floor.stale')}</span>}
        <span className="floor-space" />
        <Select<Filter>
          size="small"
          value={filter}
          onChange={setFilter}
          aria-label={t('floorPage.floor.show')}
          className="floor-filter"
          options={FILTERS.map((value) => ({ value, label: t(`floorPage.floor.filter.${value}`) }))}
        />
      </div>
      <table className="floor-table">
        <thead>
          <tr>
            <th scope="col">{t('floorPage.floor.severity')}</th>
            <th scope="col">{t('floorPage.floor.case')}</th>
            <th scope="col">{t('floorPage.floor.elder')}</th>
            <th scope="col">{t('floorPage.floor.owner')}</th>
            <th scope="col" className="right">
              {t('floorPage.floor.age')}
            </th>
            <th scope="col" className="right">
              {t('floorPage.floor.deadline')}
            </th>
            <th scope="col">
              <span className="visually-hidden">{t('floorPage.floor.actions')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((item) => (
            <CaseRow key={item.id} item={item} now={now} away={isOwnerAway(item, { agents })} />
          ))}
        </tbody>
      </table>
      {shown.length === 0 && (
        <div className="panel-empty">
          {cases.length === 0 ? t('floorPage.floor.noCases') : t('floorPage.floor.noneOfThese')}
        </div>
      )}
    </section>
  );
}

function CaseRow({ item, now, away }: { item: FloorCase; now: number; away: boolean }) {
  const { desk } = useConsole();
  const { t } = useTranslation();
  const navigate = useNavigate();
  const due = dueAt(item);
  const left = due === null ? null : Date.parse(due) - now;
  const held = item.holder !== null && item.holder.user_id !== item.owner_id ? item.holder : null;
  return (
    <tr data-testid={`floor-case-${item.id}`}>
      <td>
        <span className={`sev sev-${item.severity}`}>{item.severity}</span>
      </td>
      <th scope="row">
        <button
          type="button"
          className="floor-link num"
          onClick={() => {
            desk.focus.openCase(item.id);
            void navigate('/');
          }}
        >
          {item.number}
        </button>
        <div className="quiet">{item.live_call ? t('floorPage.floor.onLine') : word('caseState', item.state)}</div>
      </th>
      <td>
        {item.elder_name || phoneNumber(item.caller_number) || t('queue.withheld')}
        <div className="quiet">{item.place}</div>
      </td>
      <td>
        {item.owner_id === null ? <span className="floor-nobody">{t('floorPage.floor.nobody')}</span> : item.owner_name}
        {away && <div className="age-warn">{t('floorPage.floor.isAway')}</div>}
        {held !== null && <div className="quiet">{t('floorPage.floor.worksOnIt', { name: held.name })}</div>}
      </td>
      <td className="num right">{duration(now - Date.parse(item.opened_at))}</td>
      <td className={left !== null && left <= 0 ? 'num right age-late' : 'num right'}>
        {left === null ? (
          <span className="quiet">–</span>
        ) : left > 0 ? (
          t('tasks.left', { time: duration(left) })
        ) : (
          t('tasks.over', { time: duration(-left) })
        )}
        {item.call_back_due_at !== null && <div className="quiet">{t('floorPage.floor.callBack')}</div>}
      </td>
      <td className="right">
        <OwnerActions item={item} />
      </td>
    </tr>
  );
}
