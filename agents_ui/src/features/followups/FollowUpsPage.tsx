import { Alert, Button, Empty, Segmented, Select, Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import { Navigate, Route, Routes, useSearchParams } from 'react-router';
import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { errorText } from '../../i18n/words';
import { zh } from '../../i18n/zh';
import { CampaignsPage } from '../campaigns/CampaignsPage';
import { ComplaintsTab } from '../complaints/ComplaintsTab';
import { Draw } from './Draw';
import { FollowUpDetailView } from './FollowUpDetailView';
import { FollowUpTable } from './FollowUpTable';
import { Frame } from './Frame';
import { PAGE, useFollowUps, type Look, type Purpose, type Result } from './queries';
import { say } from './words';

const LOOKS: Look[] = ['people', 'mine', 'today', 'open', 'done'];
const PURPOSES = Object.keys(zh.followUpPage.purpose) as Purpose[];
const RESULTS = Object.keys(zh.followUpPage.result) as Result[];

/** /follow-ups, /follow-ups/complaints, and for whoever decides /follow-ups/campaigns */
export function FollowUpsPage() {
  const { me } = useConsole();
  const reads = may(me, 'outreach:read');
  return (
    <Routes>
      {reads && <Route index element={<Calls />} />}
      <Route path="complaints" element={<ComplaintsTab />} />
      {may(me, 'outreach:write') && <Route path="campaigns" element={<CampaignsPage />} />}
      <Route path="*" element={<Navigate to={reads ? '/follow-ups' : '/follow-ups/complaints'} replace />} />
    </Routes>
  );
}

/** Calls that the centre makes of its own accord: those that wait for a person first. */
function Calls() {
  const { me } = useConsole();
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const decides = may(me, 'outreach:write');
  const looks: Look[] = decides ? [...LOOKS, 'sample'] : LOOKS;
  const asked = params.get('look') as Look | null;
  const look = asked !== null && looks.includes(asked) ? asked : 'people';
  const chosen = params.get('plan');
  const wanted = {
    look,
    purpose: (params.get('purpose') as Purpose | null) ?? null,
    result: look === 'done' ? ((params.get('result') as Result | null) ?? null) : null,
    offset: Number(params.get('from') ?? 0) || 0,
  };
  const list = useFollowUps(wanted);
  const set = (part: Record<string, string | null>): void =>
    setParams((before) => {
      const next = new URLSearchParams(before);
      for (const [key, value] of Object.entries(part)) {
        if (value === null) next.delete(key);
        else next.set(key, value);
      }
      return next;
    });
  const counts = list.data?.counts;
  const labelOf = (one: Look): string => {
    const count = one === 'people' ? counts?.people : one === 'mine' ? counts?.mine : undefined;
    return count === undefined ? t(`followUpPage.${one}`) : `${t(`followUpPage.${one}`)} ${count}`;
  };
  const items = list.data?.items ?? [];
  const current = items.find((one) => one.id === chosen);
  return (
    <Frame
      tab="calls"
      extra={
        <>
          {counts !== undefined && counts.overdue > 0 && (
            <span className="age-late num">{t('followUpPage.overdue', { count: counts.overdue })}</span>
          )}
          <Segmented<Look>
            value={look}
            aria-label={t('followUpPage.title')}
            onChange={(next) => set({ look: next, plan: null, from: null })}
            options={looks.map((value) => ({ value, label: labelOf(value) }))}
            data-testid="follow-up-looks"
          />
        </>
      }
    >
      <div className="jobs">
        <div className="jobs-filters">
          <Select
            size="small"
            allowClear
            className="follow-up-filter"
            value={wanted.purpose}
            placeholder={t('followUpPage.anyPurpose')}
            aria-label={t('followUpPage.anyPurpose')}
            options={PURPOSES.map((value) => ({ value, label: say('purpose', value) }))}
            onChange={(value: string | undefined) => set({ purpose: value ?? null, from: null })}
          />
          {look === 'done' && (
            <Select
              size="small"
              allowClear
              className="follow-up-filter"
              value={wanted.result}
              placeholder={t('followUpPage.anyResult')}
              aria-label={t('followUpPage.anyResult')}
              options={RESULTS.map((value) => ({ value, label: say('result', value) }))}
              onChange={(value: string | undefined) => set({ result: value ?? null, from: null })}
            />
          )}
          {list.data !== undefined && (
            <span className="quiet num">{t('followUpPage.total', { count: list.data.total })}</span>
          )}
        </div>
        {look === 'sample' && <Draw />}
        <div className={chosen === null ? 'jobs-body' : 'jobs-body jobs-split'}>
          <div className="panel jobs-main">
            {list.isError && <Alert type="warning" showIcon title={errorText(list.error)} />}
            {list.isPending && <Skeleton active className="case-padded" paragraph={{ rows: 8 }} />}
            {list.data !== undefined && items.length === 0 && (
              <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} className="follow-up-none" description={null}>
                <strong>{t(`followUpPage.empty.${look}`)}</strong>
                <p className="quiet">{t('followUpPage.emptyHelp')}</p>
              </Empty>
            )}
            {items.length > 0 && (
              <FollowUpTable look={look} items={items} chosen={chosen} onChoose={(plan) => set({ plan })} />
            )}
            {(list.data?.total ?? 0) > PAGE && (
              <div className="jobs-pages num">
                <Button
                  size="small"
                  disabled={wanted.offset === 0}
                  onClick={() => set({ from: String(Math.max(0, wanted.offset - PAGE)) })}
                >
                  {t('followUpPage.earlier')}
                </Button>
                <span>
                  {wanted.offset + 1}–{wanted.offset + items.length}
                </span>
                <Button
                  size="small"
                  disabled={wanted.offset + PAGE >= (list.data?.total ?? 0)}
                  onClick={() => set({ from: String(wanted.offset + PAGE) })}
                >
                  {t('followUpPage.later')}
                </Button>
              </div>
            )}
          </div>
          {chosen !== null && (
            <aside className="panel jobs-side" aria-label={t('followUpPage.detail.history')}>
              <button type="button" className="jobs-shut" onClick={() => set({ plan: null })}>
                {t('followUpPage.detail.close')} ×
              </button>
              <FollowUpDetailView key={chosen} planId={chosen} version={current?.version ?? 0} />
            </aside>
          )}
        </div>
      </div>
    </Frame>
  );
}
