import { useTranslation } from 'react-i18next';
import { word } from '../../i18n/words';
import { clockTime } from '../../kit/format';
import type { AccessLog, Trace } from './queries';
import { told } from './words';
import '../shell/paper.css';

const two = (n: number): string => String(n).padStart(2, '0');
function day(iso: string): string {
  const d = new Date(iso);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
}
function time(trace: Trace): string {
  const from = clockTime(Date.parse(trace.first_at), false);
  const to = clockTime(Date.parse(trace.last_at), false);
  return from === to ? from : `${from}–${to}`;
}

/** One sheet of A4, and more when it must be: who, when, why, in words that need no explaining. */
export function LogSheet({ log }: { log: AccessLog }) {
  const { t } = useTranslation();
  return (
    <article className="log-sheet paper" data-testid="log-sheet">
      <header>
        <h2>{t('accessPage.sheetTitle', { name: log.elder_name })}</h2>
        <p>
          {log.place} · {t('accessPage.sheetSpan', { from: day(log.since), to: day(log.made_at) })}
        </p>
        <p className="quiet">{t('accessPage.sheetIntro', { centre: log.centre_name })}</p>
      </header>
      {log.traces.length === 0 ? (
        <p>{t('accessPage.sheetNobody')}</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">{t('accessPage.sheetWhen')}</th>
              <th scope="col">{t('accessPage.sheetWho')}</th>
              <th scope="col">{t('accessPage.sheetWhat')}</th>
            </tr>
          </thead>
          <tbody>
            {log.traces.map((trace, index) => (
              <tr key={index}>
                <td className="num">
                  {day(trace.first_at)}
                  <br />
                  {time(trace)}
                  {trace.times > 1 && ` · ${t('accessPage.sheetTimes', { n: trace.times })}`}
                </td>
                <td>
                  {trace.role === null ? t('accessPage.system') : trace.who}
                  <br />
                  <span className="quiet">{trace.role === null ? '' : word('role', trace.role)}</span>
                </td>
                <td>
                  {told(trace)}
                  {trace.case_number !== '' && (
                    <span className="quiet num"> {t('accessPage.sheetCase', { number: trace.case_number })}</span>
                  )}
                  {trace.reason !== '' && <div>{t('accessPage.sheetReason', { reason: trace.reason })}</div>}
                  {trace.verdict !== null && (
                    <div className="quiet">
                      {t(trace.verdict === 'fine' ? 'accessPage.sheetFine' : 'accessPage.sheetQuestioned')}
                    </div>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {log.cut && <p>{t('accessPage.sheetCut')}</p>}
      <footer>
        <span>{log.centre_name}</span>
        <span>{t('accessPage.sheetMade', { name: log.made_by, day: day(log.made_at) })}</span>
      </footer>
    </article>
  );
}
