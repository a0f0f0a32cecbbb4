import { useTranslation } from 'react-i18next';
import type { Report } from '../../api/types';
import { phoneNumber } from '../../kit/format';
import { dayOf, timeOf } from './words';

interface TallyRow {
  name: string;
  received: number;
  sos: number;
  answered: number;
  within_10: number;
  within_15: number;
  missed: number;
  short: number;
}
const COLUMNS = ['received', 'sos', 'answered', 'within_10', 'within_15', 'missed', 'short'] as const;

export function Tallies({ title, head, rows }: { title: string; head: string; rows: TallyRow[] }) {
  const { t } = useTranslation();
  return (
    <section className="panel report-panel">
      <h2>{title}</h2>
      {rows.length === 0 ? (
        <div className="panel-empty">{t('floorPage.reports.noCalls')}</div>
      ) : (
        <table className="report-table">
          <thead>
            <tr>
              <th scope="col">{head}</th>
              {COLUMNS.map((key) => (
                <th key={key} scope="col">
                  {t(`floorPage.reports.columns.${key}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.name}>
                <th scope="row">{row.name}</th>
                {COLUMNS.map((key) => (
                  <td key={key}>{row[key]}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

const one = (value: number | null): string => (value === null ? '–' : value.toFixed(0));

export function Agents({ report }: { report: Report }) {
  const { t } = useTranslation();
  return (
    <section className="panel report-panel">
      <h2>{t('floorPage.reports.tables.agents')}</h2>
      {report.agents.length === 0 ? (
        <div className="panel-empty">{t('floorPage.reports.noCalls')}</div>
      ) : (
        <table className="report-table">
          <thead>
            <tr>
              {(['agent', 'answered', 'within10', 'calledBack', 'talk', 'wrapUp'] as const).map((key) => (
                <th key={key} scope="col">
                  {t(`floorPage.reports.${key}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {report.agents.map((agent) => (
              <tr key={agent.agent_id}>
                <th scope="row">{agent.name}</th>
                <td>{agent.answered}</td>
                <td>{agent.within_10}</td>
                <td>{agent.called_back}</td>
                <td>
                  {one(agent.talk_average)} <span className="quiet">({agent.talk_n})</span>
                </td>
                <td>
                  {one(agent.wrap_up_average)} <span className="quiet">({agent.wrap_up_n})</span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

export function Missed({ report }: { report: Report }) {
  const { t } = useTranslation();
  return (
    <section className="panel report-panel">
      <h2>{t('floorPage.reports.tables.missed')}</h2>
      {report.missed.length === 0 ? (
        <div className="panel-empty">{t('floorPage.reports.noneMissed')}</div>
      ) : (
        <table className="report-table" data-testid="missed">
          <thead>
            <tr>
              {(['time', 'line', 'elder', 'waited', 'became', 'case'] as const).map((key) => (
                <th key={key} scope="col">
                  {t(`floorPage.reports.${key}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {report.missed.map((call) => (
              <tr key={call.call_id}>
                <td className="num">
                  {report.first !== report.last && `${dayOf(Date.parse(call.received_at), report.timezone).slice(5)} `}
                  {timeOf(call.received_at, report.timezone)}
                </td>
                <td>{call.kind === 'sos' ? t('queue.sos') : t('queue.service')}</td>
                <td>
                  {call.elder_name || phoneNumber(call.caller_number) || t('queue.withheld')}{' '}
                  <span className="quiet">{call.place}</span>
                </td>
                <td>{t('floorPage.reports.seconds', { count: Math.floor(call.waited) })}</td>
                <td className={call.became === 'nothing' || call.became === 'overdue' ? 'report-bad' : ''}>
                  {t(`floorPage.reports.becameWords.${call.became}`)}
                  {call.after !== null && (
                    <span className="quiet">
                      {' '}
                      {t('floorPage.reports.afterSeconds', { count: Math.round(call.after) })}
                    </span>
                  )}
                </td>
                <td className="num">{call.case_number}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
