import { useTranslation } from 'react-i18next';
import { useNavigate, useParams } from 'react-router';
import { useOptions } from '../../api/queries';
import { word } from '../../i18n/words';
import { RecordingPlayer } from '../recordings/RecordingPlayer';
import { entryFacts } from '../case/entry-text';
import { PaperPage } from '../shell/PaperPage';
import { useEmergencyReport, type EmergencyReport } from './queries';
import { ReportAttempts, ReportCalls, ReportDeadlines, ReportDuty, ReportHandovers, ReportSteps } from './ReportTables';
import { clock, entryWord, seconds, verdict } from './text';

/** What happened, second by second: on the screen, and the same on paper. */
export function ReportPage() {
  const { caseId = '' } = useParams();
  const { t } = useTranslation();
  const navigate = useNavigate();
  const report = useEmergencyReport(caseId);
  return (
    <PaperPage
      title={t('safetyPage.report.title')}
      onBack={() => void navigate(-1)}
      pdf={`/api/emergencies/${caseId}/report.pdf`}
      testId="report-pdf"
      query={report}
    >
      {(data) => <Paper report={data} />}
    </PaperPage>
  );
}

function Paper({ report }: { report: EmergencyReport }) {
  const { t, i18n } = useTranslation();
  const outcomes = useOptions().data?.outcomes ?? [];
  const option = outcomes.find((one) => one.code === report.outcome);
  const outcome = option === undefined ? report.outcome : i18n.language === 'zh' ? option.label_zh : option.label_en;
  const { timezone } = report;
  return (
    <article className="paper emergency-paper" data-testid="emergency-report">
      <header>
        <h2>
          {t('safetyPage.report.title')} <span className="num">{report.case_number}</span>
        </h2>
        <p>
          <strong>
            {report.elder_name || t('common.unknown')}
            {report.elder_sex !== null && ` ${word('sex', report.elder_sex)}`}
            {report.elder_age !== null && ` ${t('elder.age', { count: report.elder_age })}`}
          </strong>{' '}
          · {t(`emergencyPage.kind.${report.kind}`)} · {report.place} {report.address}
        </p>
        <p>
          {t('safetyPage.report.pressed', { at: clock(report.pressed_at, timezone, true), count: report.presses })} ·{' '}
          {t('emergencyPage.owner')} {report.owner_name || '–'} · {t('emergencyPage.watcher')}{' '}
          {report.watcher_name || '–'}
        </p>
        <p>
          {report.closed_at === null
            ? t('safetyPage.report.goesOn')
            : t('safetyPage.report.ended', {
                at: clock(report.closed_at, timezone, true),
                outcome: outcome || '–',
              })}
        </p>
      </header>
      <div className="emergency-spans">
        {report.spans.map((one) => (
          <div key={one.span}>
            <span>{t(`safetyPage.span.${one.span}`)}</span>
            <strong className={`num report-${verdict(one)}`}>
              {one.seconds === null
                ? t(report.closed_at === null ? 'safetyPage.report.notYet' : 'safetyPage.report.never')
                : seconds(one.seconds)}
              {one.met !== null && (one.met ? ' ✓' : ' ✗')}
            </strong>
            <span className="quiet num">{one.target === null ? '\u00a0' : `≤ ${seconds(one.target)}`}</span>
          </div>
        ))}
      </div>
      <h3>{t('safetyPage.report.lines')}</h3>
      <table data-testid="report-lines">
        <thead>
          <tr>
            <th scope="col">{t('safetyPage.report.seconds')}</th>
            <th scope="col">{t('safetyPage.report.time')}</th>
            <th scope="col">{t('safetyPage.report.what')}</th>
            <th scope="col">{t('safetyPage.report.who')}</th>
          </tr>
        </thead>
        <tbody>
          {report.lines.map((line, index) => (
            <tr key={index}>
              <td className="num emergency-seconds">{seconds(line.seconds)}</td>
              <td className="num quiet">{clock(line.at, timezone)}</td>
              <td>
                {entryWord(line.kind)} <span>{entryFacts(line, { t, language: i18n.language, outcomes })}</span>
                {line.text !== '' && <div>{line.text}</div>}
              </td>
              <td>{line.who}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <ReportCalls report={report} />
      <ReportSteps report={report} />
      <ReportDeadlines report={report} />
      <ReportAttempts report={report} />
      <ReportDuty report={report} />
      <ReportHandovers report={report} />
      <h3>{t('safetyPage.report.recordings')}</h3>
      {report.recordings.length === 0 && <p className="quiet">{t('common.none')}</p>}
      {report.recordings.map((one) => (
        <div key={one.id} className="emergency-recording">
          <span className="num">
            {clock(one.started_at, timezone)} · {seconds(one.seconds)}
          </span>
          {one.state === 'saved' ? (
            <RecordingPlayer recordingId={one.id} seconds={one.seconds ?? 0} />
          ) : (
            <span className="quiet">{t(`safetyPage.recording.${one.state}`)}</span>
          )}
        </div>
      ))}
      <footer>
        <span>{report.centre_name}</span>
        <span>
          {report.made_by} · {clock(report.made_at, timezone, true)}
        </span>
      </footer>
    </article>
  );
}
