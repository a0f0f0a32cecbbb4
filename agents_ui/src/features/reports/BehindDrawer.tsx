import { useQuery } from '@tanstack/react-query';
import { Alert, Button, Drawer, Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import type { BehindCall } from '../../api/types';
import { api, unwrap } from '../../api/client';
import { errorText } from '../../i18n/words';
import { phoneNumber } from '../../kit/format';
import { CaseLink } from './CaseLink';
import { timeOf } from './words';
import './reports.css';

export interface Behind {
  figure: string;
  title: string;
  formula: string;
  first: string;
  last: string;
  timeZone: string;
}

const SIGN = { met: '✓', not_met: '✗', short_hang_up: '·', still_waiting: '…', no_number: '·' } as const;

/** The calls that make a figure up: those that count against it first. */
export function BehindDrawer({ behind, onClose }: { behind: Behind | null; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Drawer open={behind !== null} onClose={onClose} size={720} title={behind?.title} destroyOnHidden>
      {behind !== null && (
        <>
          {behind.formula !== '' && <p className="quiet">{behind.formula}</p>}
          <BehindList behind={behind} />
          <p className="quiet">{t('floorPage.reports.masked')}</p>
        </>
      )}
    </Drawer>
  );
}

function BehindList({ behind }: { behind: Behind }) {
  const { t } = useTranslation();
  const { figure, first, last } = behind;
  const asked = useQuery({
    queryKey: ['behind', figure, first, last],
    queryFn: () =>
      unwrap(api.GET('/api/reports/behind/{figure}', { params: { path: { figure }, query: { first, last } } })),
    staleTime: 0,
  });
  if (asked.isPending) return <Skeleton active />;
  if (asked.isError)
    return (
      <Alert
        type="warning"
        showIcon
        title={errorText(asked.error)}
        action={<Button onClick={() => void asked.refetch()}>{t('common.retry')}</Button>}
      />
    );
  if (asked.data.length === 0) return <p>{t('floorPage.reports.noCalls')}</p>;
  return (
    <table className="report-table" data-testid="behind">
      <thead>
        <tr>
          {(['fate', 'time', 'elder', 'waited', 'answeredBy', 'case'] as const).map((key) => (
            <th key={key} scope="col">
              {t(`floorPage.reports.${key}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {asked.data.map((call) => (
          <BehindRow key={call.call_id} call={call} behind={behind} />
        ))}
      </tbody>
    </table>
  );
}

function BehindRow({ call, behind }: { call: BehindCall; behind: Behind }) {
  const { t } = useTranslation();
  const { case_id } = call;
  return (
    <tr className={call.fate === 'not_met' ? 'behind-bad' : ''}>
      <td>
        {SIGN[call.fate]} {t(`floorPage.reports.fates.${call.fate}`)}
      </td>
      <td className="num">
        {behind.first !== behind.last && `${new Date(call.received_at).toISOString().slice(5, 10)} `}
        {timeOf(call.received_at, behind.timeZone)}
      </td>
      <td>
        {call.elder_name || phoneNumber(call.caller_number) || t('queue.withheld')}{' '}
        <span className="quiet">{call.place}</span>
      </td>
      <td className="num">
        {call.waited === null ? '…' : t('floorPage.reports.seconds', { count: Math.floor(call.waited * 10) / 10 })}
      </td>
      <td>{call.agent_name || '–'}</td>
      <td className="num">{case_id === null ? '–' : <CaseLink id={case_id} number={call.case_number} />}</td>
    </tr>
  );
}
