import { Alert, Empty, Segmented, Select, Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { errorText } from '../../i18n/words';
import { zh } from '../../i18n/zh';
import { Frame } from '../followups/Frame';
import { Board } from './Board';
import { Detail } from './Detail';
import { Notices } from './Notices';
import { useComplaintCount, useComplaintNotices, useOpenComplaints, useOverComplaints } from './queries';
import type { Look, Source } from './queries';
import { say } from './words';
import './complaints.css';

const LOOKS: Look[] = ['all', 'mine', 'overdue'];
const SOURCES = Object.keys(zh.complaintPage.source) as Source[];

/** /follow-ups/complaints: the board; for an admin, who sees no elder, only what has come up to her. */
export function ComplaintsTab() {
  const { me } = useConsole();
  return may(me, 'outreach:read') ? <Complaints /> : <ToldOnly />;
}

function ToldOnly() {
  const { t } = useTranslation();
  const found = useComplaintNotices(true);
  return (
    <Frame tab="complaints">
      <div className="jobs">
        {found.isError && <Alert type="warning" showIcon title={errorText(found.error)} />}
        <Notices onChoose={null} />
        {found.data?.length === 0 && (
          <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} className="follow-up-none" description={null}>
            <strong>{t('complaintPage.noneTold')}</strong>
            <p className="quiet">{t('complaintPage.noneToldHelp')}</p>
          </Empty>
        )}
      </div>
    </Frame>
  );
}

function Complaints() {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const asked = params.get('look') as Look | null;
  const look = asked !== null && LOOKS.includes(asked) ? asked : 'all';
  const chosen = params.get('complaint');
  const wanted = { look, source: (params.get('source') as Source | null) ?? null };
  const open = useOpenComplaints(wanted);
  const over = useOverComplaints(wanted);
  const counts = useComplaintCount().data;
  const set = (part: Record<string, string | null>): void =>
    setParams((before) => {
      const next = new URLSearchParams(before);
      for (const [key, value] of Object.entries(part)) {
        if (value === null) next.delete(key);
        else next.set(key, value);
      }
      return next;
    });
  const labelOf = (one: Look): string => {
    const count = one === 'all' ? counts?.open : counts?.[one];
    return count === undefined ? t(`complaintPage.look.${one}`) : `${t(`complaintPage.look.${one}`)} ${count}`;
  };
  const shown = [...(open.data ?? []), ...(look === 'overdue' ? [] : (over.data?.pages.flat() ?? []))];
  const current = shown.find((one) => one.id === chosen);
  return (
    <Frame
      tab="complaints"
      extra={
        <>
          <Select
            size="small"
            allowClear
            className="follow-up-filter"
            value={wanted.source}
            placeholder={t('complaintPage.anySource')}
            aria-label={t('complaintPage.anySource')}
            options={SOURCES.map((value) => ({ value, label: say('source', value) }))}
            onChange={(value: Source | undefined) => set({ source: value ?? null })}
          />
          <Segmented<Look>
            value={look}
            aria-label={t('complaintPage.title')}
            onChange={(next) => set({ look: next, complaint: null })}
            options={LOOKS.map((value) => ({ value, label: labelOf(value) }))}
            data-testid="complaint-looks"
          />
        </>
      }
    >
      <div className="jobs">
        <Notices onChoose={(complaint) => set({ complaint })} />
        <div className={chosen === null ? 'jobs-body' : 'jobs-body jobs-split'}>
          <div className="panel jobs-main">
            {open.isError && <Alert type="warning" showIcon title={errorText(open.error)} />}
            {open.isPending && <Skeleton active className="case-padded" paragraph={{ rows: 8 }} />}
            {open.data !== undefined && (
              <Board
                complaints={shown}
                chosen={chosen}
                onChoose={(complaint) => set({ complaint })}
                onEarlier={over.hasNextPage && look !== 'overdue' ? () => void over.fetchNextPage() : null}
              />
            )}
          </div>
          {chosen !== null && (
            <aside className="panel jobs-side" aria-label={t('complaintPage.title')}>
              <button type="button" className="jobs-shut" onClick={() => set({ complaint: null })}>
                {t('common.close')} ×
              </button>
              <Detail key={chosen} complaintId={chosen} version={current?.version ?? 0} />
            </aside>
          )}
        </div>
      </div>
    </Frame>
  );
}
