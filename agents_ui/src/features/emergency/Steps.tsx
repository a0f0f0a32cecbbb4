import { CheckCircleFilled, ForwardOutlined, SoundOutlined } from '@ant-design/icons';
import { Alert, Button, Skeleton } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ProtocolView, StepView } from '../../api/types';
import { asApiError } from '../../api/errors';
import { errorText } from '../../i18n/words';
import { clockTime } from '../../kit/format';
import { ActKey } from './ActKey';
import { Countdown } from './Clock';
import { Done } from './DoneSteps';
import { Kinds } from './Kinds';
import { SkipDialog } from './SkipDialog';
import { answerOf, currentStep, isTyping, said, stepsAhead } from './steps';
import { useProtocol, type ProtocolActs } from './use-protocol';
import type { Shown } from './use-emergency';
import { agencyWord } from './words';

/** One column: what was done, folded; the present step, large; what may come, greyed. */
export function Steps({ shown, writes }: { shown: Shown; writes: boolean }) {
  const { t } = useTranslation();
  const { asked, view, acts } = useProtocol(shown.caseId);
  if (view === undefined) {
    const begins = asked.isPending || asApiError(asked.error).code === 'no_protocol';
    return begins ? (
      <div className="em-begins" aria-busy="true">
        <p className="quiet">{t('emergencyPage.steps.begins')}</p>
        <Skeleton active paragraph={{ rows: 4 }} />
      </div>
    ) : (
      <Alert
        type="warning"
        showIcon
        title={t('emergencyPage.steps.failed')}
        description={errorText(asked.error)}
        action={<Button onClick={() => void asked.refetch()}>{t('common.retry')}</Button>}
      />
    );
  }
  const step = currentStep(view);
  const unknown = view.kind === 'unknown';
  return (
    <>
      <Done view={view} acts={acts} writes={writes} />
      {step !== null ? (
        <Present
          key={`${view.run}:${step.code}:${step.position}`}
          shown={shown}
          view={view}
          step={step}
          acts={acts}
          writes={writes}
        />
      ) : (
        <div className="em-over" data-testid="steps-over">
          <CheckCircleFilled /> {t('emergencyPage.steps.over')}
        </div>
      )}
      {unknown && writes && <Kinds view={view} acts={acts} large />}
      <Ahead steps={stepsAhead(view)} />
      {!unknown && writes && <Kinds view={view} acts={acts} large={false} />}
    </>
  );
}

interface PresentProps {
  shown: Shown;
  view: ProtocolView;
  step: StepView;
  acts: ProtocolActs;
  writes: boolean;
}

function Present({ shown, view, step, acts, writes }: PresentProps) {
  const { t, i18n } = useTranslation();
  const [skipping, setSkipping] = useState(false);
  const words = said(step.words, i18n.language);
  const say = said(step.say, i18n.language);
  const note = said(step.note, i18n.language);
  const agency = step.agency ? agencyWord(step.agency) : '';
  useAnswerKeys(step, writes && !acts.pending && !skipping, (answer) => acts.answer(step, answer));
  return (
    <section className="em-present" aria-live="polite" data-testid="step-present" data-step={step.code}>
      <div className="em-present-top">
        <span className="em-tag">
          {step.sort === 'action'
            ? t('emergencyPage.steps.do')
            : step.aloud
              ? t('emergencyPage.steps.aloud')
              : t('emergencyPage.steps.judge')}
        </span>
        {step.due_at && step.position !== null && (
          <Countdown
            deadline={{
              code: '',
              level: 0,
              started_at: new Date(Date.parse(step.due_at) - step.within * 1000).toISOString(),
              due_at: step.due_at,
            }}
            className="em-step-due"
          />
        )}
      </div>
      <h2 className={step.aloud && step.sort !== 'action' ? 'em-question em-aloud' : 'em-question'}>
        {words || t(`emergencyPage.act.${step.act ?? 'close'}`, { agency })}
      </h2>
      {say && (
        <p className="em-say">
          <SoundOutlined /> {say}
        </p>
      )}
      {note && <p className="em-note">{note}</p>}
      {step.done_before && (
        <p className="em-note">
          {t('emergencyPage.steps.before', { time: clockTime(Date.parse(step.done_before), false) })}
        </p>
      )}
      {writes && step.act && <ActKey shown={shown} view={view} step={step} acts={acts} />}
      {writes && (
        <div className="em-answers" data-count={step.answers.length}>
          {step.answers.map((answer, index) => (
            <button
              key={answer.code}
              type="button"
              className="em-answer"
              disabled={acts.pending}
              aria-keyshortcuts={String(index + 1)}
              data-testid={`answer-${answer.code}`}
              onClick={() => acts.answer(step, answer.code)}
            >
              <kbd>{index + 1}</kbd> {said(answer.words, i18n.language)}
            </button>
          ))}
          {step.answers.length === 0 && !step.act && (
            <button
              type="button"
              className="em-answer"
              disabled={acts.pending}
              data-testid="answer-done"
              onClick={() => acts.answer(step, 'done')}
            >
              {t('emergencyPage.steps.next')}
            </button>
          )}
        </div>
      )}
      {acts.error !== null && <Alert type="warning" showIcon title={errorText(acts.error)} />}
      {writes && (
        <Button
          type="text"
          size="small"
          icon={<ForwardOutlined />}
          onClick={() => setSkipping(true)}
          data-testid="step-skip"
        >
          {t('emergencyPage.steps.skip')}
        </Button>
      )}
      {skipping && (
        <SkipDialog
          onClose={() => setSkipping(false)}
          onSkip={(reason) => {
            acts.skip(step, reason);
            setSkipping(false);
          }}
        />
      )}
    </section>
  );
}

/** 1 to 4, unless somebody is typing. */
function useAnswerKeys(step: StepView, on: boolean, answer: (code: string) => void): void {
  useEffect(() => {
    if (!on) return undefined;
    const pressed = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      const code = answerOf(step, event.key, isTyping(event.target));
      if (code === null) return;
      event.preventDefault();
      answer(code);
    };
    window.addEventListener('keydown', pressed);
    return () => window.removeEventListener('keydown', pressed);
  }, [step, on, answer]);
}

function Ahead({ steps }: { steps: StepView[] }) {
  const { t, i18n } = useTranslation();
  if (steps.length === 0) return null;
  return (
    <ol className="em-ahead" aria-label={t('emergencyPage.steps.ahead')}>
      {steps.map((step) => (
        <li key={step.code}>
          {said(step.words, i18n.language) ||
            t(`emergencyPage.act.${step.act ?? 'close'}`, { agency: step.agency ? agencyWord(step.agency) : '' })}
        </li>
      ))}
    </ol>
  );
}
