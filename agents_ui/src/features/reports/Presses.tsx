import { useQuery } from '@tanstack/react-query';
import { Alert, Button, Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import type { PressDifference, PressMatch } from '../../api/types';
import { errorText } from '../../i18n/words';
import { phoneNumber } from '../../kit/format';
import { CaseLink } from './CaseLink';
import { timeOf } from './words';

/** Whether every press of the last nights has its call and its case; what does not, with its cause. */
export function Presses({ timeZone }: { timeZone: string }) {
  const { t } = useTranslation();
  const asked = useQuery({ queryKey: ['press-matches'], queryFn: () => unwrap(api.GET('/api/reports/presses')) });
  return (
    <section className="panel report-panel" data-testid="presses">
      <h2>{t('floorPage.reports.presses.title')}</h2>
      <p className="quiet">{t('floorPage.reports.presses.why')}</p>
      {asked.isPending ? (
        <Skeleton active />
      ) : asked.isError ? (
        <Alert
          type="warning"
          showIcon
          title={errorText(asked.error)}
          action={<Button onClick={() => void asked.refetch()}>{t('common.retry')}</Button>}
        />
      ) : asked.data.length === 0 ? (
        <div className="panel-empty">{t('floorPage.reports.presses.none')}</div>
      ) : (
        <table className="report-table">
          <thead>
            <tr>
              <th scope="col">{t('floorPage.reports.presses.day')}</th>
              <th scope="col">{t('floorPage.reports.presses.outcome')}</th>
            </tr>
          </thead>
          <tbody>
            {asked.data.map((match) => (
              <Night key={match.day} match={match} timeZone={timeZone} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Night({ match, timeZone }: { match: PressMatch; timeZone: string }) {
  const { t } = useTranslation();
  const unlisted = match.found - match.differences.length;
  return (
    <tr className={match.found > 0 ? 'behind-bad' : ''}>
      <th scope="row">{match.day}</th>
      <td>
        {match.found === 0
          ? `✓ ${t('floorPage.reports.presses.all', { count: match.presses })}`
          : `✗ ${t('floorPage.reports.presses.found', { count: match.presses, found: match.found })}`}
        {match.differences.length > 0 && (
          <ul>
            {match.differences.map((one, n) => (
              <Difference key={n} one={one} timeZone={timeZone} />
            ))}
            {unlisted > 0 && <li>{t('floorPage.reports.presses.more', { count: unlisted })}</li>}
          </ul>
        )}
      </td>
    </tr>
  );
}

function Difference({ one, timeZone }: { one: PressDifference; timeZone: string }) {
  const { t } = useTranslation();
  const { case_id } = one;
  return (
    <li>
      <span className="num">{timeOf(one.at, timeZone)}</span>{' '}
      {t(`floorPage.reports.presses.causes.${one.cause}`, { count: one.count })}{' '}
      {one.caller_number !== '' && t('floorPage.reports.presses.callBack', { number: phoneNumber(one.caller_number) })}
      {case_id !== null && <CaseLink id={case_id} number={one.case_number} />}
    </li>
  );
}
