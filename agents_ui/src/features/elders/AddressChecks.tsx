import { DownloadOutlined } from '@ant-design/icons';
import { Alert, Button, Cascader, Empty, Pagination, Select, Skeleton, Tooltip } from 'antd';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import type { Grade, Lack, LacksOverview, PlaceCount } from '../../api/types';
import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { errorText } from '../../i18n/words';
import { useLacking, useLacksOverview, width, type LacksAsked } from './lacks';
import { LackingTable } from './LackingTable';
import { chainOf, regionTree, useRegions } from './queries';
import './lacks.css';

const PAGE = 50;
const GRADES = ['not_findable', 'gaps', 'ready'] as const satisfies readonly Grade[];

/** Whom an ambulance would not find, by community; whoever it would hit hardest first. What is asked for stands in the address. */
export function AddressChecks() {
  const { me } = useConsole();
  const { t, i18n } = useTranslation();
  const [address, setAddress] = useSearchParams();
  const region = address.get('region');
  const asked: LacksAsked = {
    ...(region !== null && { region_id: region }),
    ...(address.has('lack') && { lack: address.get('lack') as Lack }),
    ...(address.has('grade') && { grade: address.get('grade') as Grade }),
  };
  const page = Number(address.get('page') ?? 1);
  const overview = useLacksOverview(region);
  const found = useLacking(asked, (page - 1) * PAGE);
  const regions = useRegions().data ?? [];
  const put = (values: Record<string, string | null>): void => {
    const next = new URLSearchParams(address);
    next.delete('page');
    for (const [key, value] of Object.entries(values)) {
      if (value === null) next.delete(key);
      else next.set(key, value);
    }
    setAddress(next, { replace: true });
  };
  const csv = `/api/address-checks/csv?${new URLSearchParams({ ...asked, language: i18n.language }).toString()}`;
  if (overview.isPending) return <Skeleton active paragraph={{ rows: 10 }} />;
  if (overview.data === undefined)
    return (
      <Alert
        type="error"
        showIcon
        title={errorText(overview.error)}
        action={<Button onClick={() => void overview.refetch()}>{t('common.retry')}</Button>}
      />
    );
  return (
    <div className="elders">
      <div className="elders-tools">
        <Cascader
          className="lacks-region"
          options={regionTree(regions)}
          changeOnSelect
          value={chainOf(regions, region).map((one) => one.id)}
          displayRender={(labels) => labels.at(-1)}
          placeholder={t('safetyPage.check.everywhere')}
          aria-label={t('safetyPage.check.place')}
          onChange={(path) => put({ region: path?.at(-1)?.toString() ?? null })}
        />
        <Select
          className="elders-choice"
          allowClear
          placeholder={t('safetyPage.check.allGrades')}
          aria-label={t('safetyPage.check.grade')}
          value={asked.grade ?? null}
          options={GRADES.map((one) => ({ value: one, label: t(`safetyPage.grade.${one}`) }))}
          onChange={(grade: Grade | null | undefined) => put({ grade: grade ?? null })}
        />
        <span className="quiet lacks-intro">{t('safetyPage.check.intro')}</span>
        {may(me, 'reports:read') && (
          <Tooltip title={t('safetyPage.check.csvHelp')}>
            <Button icon={<DownloadOutlined />} href={csv} data-testid="lacks-csv">
              {t('safetyPage.check.csv')}
            </Button>
          </Tooltip>
        )}
      </div>
      <Totals overview={overview.data} current={asked.grade ?? null} onGrade={(grade) => put({ grade })} />
      <div className="lacks-columns">
        <Places
          places={overview.data.places}
          current={region}
          onPick={(id) => put({ region: id === region ? null : id })}
        />
        <section className="lacks-people">
          <LackChips overview={overview.data} current={asked.lack ?? null} onPick={(lack) => put({ lack })} />
          {found.isError && <Alert type="error" showIcon title={errorText(found.error)} />}
          {found.data?.items.length === 0 && (
            <Empty className="elders-empty" description={t('safetyPage.check.none')}>
              <span className="quiet">{t('safetyPage.check.noneHelp')}</span>
            </Empty>
          )}
          {found.data !== undefined && found.data.items.length > 0 && (
            <>
              <LackingTable items={found.data.items} busy={found.isFetching} />
              <div className="elders-foot">
                <span className="quiet" role="status">
                  {t('safetyPage.check.found', { count: found.data.total })}
                </span>
                {found.data.total > PAGE && (
                  <Pagination
                    current={page}
                    pageSize={PAGE}
                    total={found.data.total}
                    showSizeChanger={false}
                    onChange={(next) => put({ page: next === 1 ? null : String(next) })}
                  />
                )}
              </div>
            </>
          )}
        </section>
      </div>
    </div>
  );
}

interface TotalsProps {
  overview: LacksOverview;
  current: Grade | null;
  onGrade: (grade: Grade | null) => void;
}

function Totals({ overview, current, onGrade }: TotalsProps) {
  const { t } = useTranslation();
  const { all, waiting } = overview;
  return (
    <div className="lacks-totals" data-testid="lacks-totals">
      <div className="lacks-total lacks-urgent">
        <strong className="num">{all.urgent}</strong>
        <span>{t('safetyPage.check.urgent')}</span>
        <span className="quiet">{t('safetyPage.check.urgentHelp')}</span>
      </div>
      {GRADES.map((grade) => (
        <button
          key={grade}
          type="button"
          className="lacks-total"
          aria-pressed={current === grade}
          onClick={() => onGrade(current === grade ? null : grade)}
        >
          <strong className={`num lacks-${grade}`}>{all[grade]}</strong>
          <span>{t(`safetyPage.grade.${grade}`)}</span>
        </button>
      ))}
      <div className="lacks-total">
        <strong className="num">{all.total}</strong>
        <span>{t('safetyPage.check.total')}</span>
        {waiting > 0 && <span className="quiet">{t('safetyPage.check.waiting', { count: waiting })}</span>}
      </div>
    </div>
  );
}

interface PlacesProps {
  places: PlaceCount[];
  current: string | null;
  onPick: (id: string) => void;
}

function Places({ places, current, onPick }: PlacesProps) {
  const { t } = useTranslation();
  return (
    <section className="panel lacks-places" aria-label={t('safetyPage.check.places')}>
      <h2>{t('safetyPage.check.places')}</h2>
      <ul>
        {places.map((one) => (
          <li key={one.community_id}>
            <button
              type="button"
              aria-pressed={one.community_id === current}
              onClick={() => onPick(one.community_id)}
              data-testid={`place-${one.community_id}`}
            >
              <span>{one.place}</span>
              <span className="num">
                <span className={one.not_findable > 0 ? 'lacks-not_findable' : 'quiet'}>{one.not_findable}</span>
                <span className="quiet"> · </span>
                <span>{one.gaps}</span>
                <span className="quiet"> / {one.total}</span>
              </span>
              <span className="lacks-bar" aria-hidden>
                {GRADES.map((grade) => (
                  <span
                    key={grade}
                    className={`lacks-bar-${grade}`}
                    style={{ width: width(one[grade], one.total) }}
                    title={t(`safetyPage.grade.${grade}`)}
                  />
                ))}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

interface ChipsProps {
  overview: LacksOverview;
  current: Lack | null;
  onPick: (lack: Lack | null) => void;
}

function LackChips({ overview, current, onPick }: ChipsProps) {
  const { t } = useTranslation();
  return (
    <div className="lacks-chips" role="group" aria-label={t('safetyPage.check.lack')} data-testid="lack-chips">
      {overview.lacks
        .filter((one) => one.count > 0 || one.lack === current)
        .map((one) => (
          <button
            key={one.lack}
            type="button"
            className="lacks-chip"
            aria-pressed={one.lack === current}
            onClick={() => onPick(one.lack === current ? null : one.lack)}
          >
            {t(`safetyPage.lack.${one.lack}`)} <strong className="num">{one.count}</strong>
          </button>
        ))}
    </div>
  );
}
