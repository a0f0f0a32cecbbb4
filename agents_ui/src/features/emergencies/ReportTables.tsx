import { Fragment, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { lookUp } from '../../i18n/words';
import { said } from '../reports/words';
import type { EmergencyReport } from './queries';
import { deadlineName, legName, since } from './text';

interface Of {
  report: EmergencyReport;
}

type Head = 'who' | 'number' | 'called' | 'rang' | 'answered' | 'over' | 'cause' | 'by' | 'step' | 'answer' | 'state' | 'reason' | 'due' | 'level' | 'offered' | 'accepted' | 'dispatched' | 'arrived' | 'told' | 'seconds' | 'what' | 'round' | 'why'; // prettier-ignore

function Part({ title, head, empty, children }: { title: string; head: Head[]; empty: boolean; children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <>
      <h3>{title}</h3>
      {empty ? (
        <p className="quiet">{t('common.none')}</p>
      ) : (
        <table>
          <thead>
            <tr>
              {head.map((one) => (
                <th key={one} scope="col">
                  {t(`safetyPage.report.${one}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>{children}</tbody>
        </table>
      )}
    </>
  );
}

/** Who was rung, when it rang, was answered, ended: all counted from the press. */
export function ReportCalls({ report }: Of) {
  const { t } = useTranslation();
  const at = (moment: string | null): string => since(report.pressed_at, moment);
  return (
    <Part
      title={t('safetyPage.report.calls')}
      head={['who', 'number', 'called', 'rang', 'answered', 'over', 'cause', 'by']}
      empty={report.calls.length === 0}
    >
      {report.calls.map((call) => (
        <Fragment key={call.id}>
          <tr className="emergency-call">
            <td>{t(`safetyPage.call.${call.kind}`)}</td>
            <td className="num">{call.number}</td>
            <td className="num">{at(call.received_at)}</td>
            <td />
            <td className="num">{at(call.answered_at)}</td>
            <td className="num">{at(call.ended_at)}</td>
            <td>{lookUp(`endReason.${call.end_reason}`) ?? call.end_reason}</td>
            <td>{call.agent_name}</td>
          </tr>
          {call.legs.map((leg, index) => (
            <tr key={index}>
              <td className="emergency-leg">{legName(leg)}</td>
              <td className="num">{leg.number}</td>
              <td className="num">{at(leg.started_at)}</td>
              <td className="num">{at(leg.ringing_at)}</td>
              <td className="num">{at(leg.answered_at)}</td>
              <td className="num">{at(leg.ended_at)}</td>
              <td>{lookUp(`endReason.${leg.cause}`) ?? lookUp(`safetyPage.cause.${leg.cause}`) ?? leg.cause}</td>
              <td>{leg.asked_by}</td>
            </tr>
          ))}
        </Fragment>
      ))}
    </Part>
  );
}

export function ReportSteps({ report }: Of) {
  const { t, i18n } = useTranslation();
  return (
    <Part
      title={t('safetyPage.report.steps')}
      head={['seconds', 'step', 'answer', 'state', 'reason', 'by']}
      empty={report.steps.length === 0}
    >
      {report.steps.map((step, index) => (
        <tr key={index}>
          <td className="num">{since(report.pressed_at, step.at ?? step.began_at)}</td>
          <td>{step.words === null ? step.act : said(step.words, i18n.language)}</td>
          <td>{step.answer === null ? '' : said(step.answer, i18n.language)}</td>
          <td className={step.late ? 'report-bad' : ''}>
            {t(`safetyPage.step.${step.state}`)} {step.late && t('safetyPage.report.late')}
          </td>
          <td>{step.reason}</td>
          <td>{step.by_name}</td>
        </tr>
      ))}
    </Part>
  );
}

export function ReportDeadlines({ report }: Of) {
  const { t } = useTranslation();
  return (
    <Part
      title={t('safetyPage.report.deadlines')}
      head={['what', 'due', 'over', 'state', 'level', 'by']}
      empty={report.deadlines.length === 0}
    >
      {report.deadlines.map((one, index) => (
        <tr key={index}>
          <td>{deadlineName(one.code)}</td>
          <td className="num">{since(report.pressed_at, one.due_at)}</td>
          <td className="num">{since(report.pressed_at, one.ended_at)}</td>
          <td className={one.late ? 'report-bad' : ''}>
            {t(`safetyPage.deadline.${one.state}`)} {one.late && t('safetyPage.report.late')}
          </td>
          <td>{t(`safetyPage.level.l${Math.min(one.level, 3) as 0 | 1 | 2 | 3}`)}</td>
          <td>{one.by_name}</td>
        </tr>
      ))}
    </Part>
  );
}

export function ReportAttempts({ report }: Of) {
  const { t } = useTranslation();
  const at = (moment: string | null): string => since(report.pressed_at, moment);
  return (
    <Part
      title={t('safetyPage.report.attempts')}
      head={['round', 'who', 'number', 'called', 'answered', 'over', 'arrived', 'cause', 'by']}
      empty={report.attempts.length === 0}
    >
      {report.attempts.map((one, index) => (
        <tr key={index}>
          <td className="num">
            {one.round}/{one.rung}
          </td>
          <td>
            {t(`safetyPage.attemptOf.${one.who}`)} {one.name}
          </td>
          <td className="num">{one.number}</td>
          <td className="num">{at(one.asked_at)}</td>
          <td className="num">{at(one.answered_at)}</td>
          <td className="num">{at(one.ended_at)}</td>
          <td className="num">{at(one.arrived_at)}</td>
          <td>{lookUp(`safetyPage.attempt.${one.state}`) ?? one.state}</td>
          <td>{one.asked_by}</td>
        </tr>
      ))}
    </Part>
  );
}

export function ReportDuty({ report }: Of) {
  const { t } = useTranslation();
  const at = (moment: string | null): string => since(report.pressed_at, moment);
  return (
    <Part
      title={t('safetyPage.report.duty')}
      head={['number', 'called', 'answered', 'over', 'cause', 'why']}
      empty={report.duty.length === 0}
    >
      {report.duty.map((one, index) => (
        <tr key={index}>
          <td className="num">{one.number}</td>
          <td className="num">{at(one.asked_at)}</td>
          <td className="num">{at(one.answered_at)}</td>
          <td className="num">{at(one.ended_at)}</td>
          <td>{t(`safetyPage.duty.${one.state}`)}</td>
          <td>{deadlineName(one.alarm)}</td>
        </tr>
      ))}
    </Part>
  );
}

export function ReportHandovers({ report }: Of) {
  const { t } = useTranslation();
  const at = (moment: string | null): string => since(report.pressed_at, moment);
  return (
    <Part
      title={t('safetyPage.report.handovers')}
      head={['who', 'offered', 'accepted', 'dispatched', 'arrived', 'over', 'state', 'told']}
      empty={report.handovers.length === 0}
    >
      {report.handovers.map((one, index) => (
        <tr key={index}>
          <td>{one.label || one.agency}</td>
          <td className="num">{at(one.offered_at)}</td>
          <td className="num">{at(one.accepted_at)}</td>
          <td className="num">{at(one.dispatched_at)}</td>
          <td className="num">{at(one.arrived_at)}</td>
          <td className="num">{at(one.closed_at ?? one.rejected_at)}</td>
          <td>{t(`safetyPage.handover.${one.state}`)}</td>
          <td>{[one.confirmed_by, one.reference, one.reason, one.outcome].filter(Boolean).join(' · ')}</td>
        </tr>
      ))}
    </Part>
  );
}
