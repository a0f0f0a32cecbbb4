import { Alert, App, Button, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { errorText } from '../../i18n/words';
import { AboutKey } from './AboutKey';
import { AssignKey } from './AssignKey';
import { actsOf } from './columns';
import { NoteKey } from './NoteKey';
import { useAct, type Complaint } from './queries';

const MOST = 2000;

/** The one next step, large; what is seldom done small below it. */
export function Work({ complaint }: { complaint: Complaint }) {
  const { me } = useConsole();
  const acts = actsOf(complaint, { id: me.id, works: may(me, 'outreach:work'), decides: may(me, 'outreach:write') });
  return (
    <div className="follow-up-work">
      <Hint complaint={complaint} />
      {acts.take && <Take complaint={complaint} />}
      {acts.solve && <Solve complaint={complaint} />}
      {acts.answer && <Answer complaint={complaint} />}
      <div className="complaint-keys">
        {acts.assign && <AssignKey complaint={complaint} />}
        {acts.assign && <AboutKey complaint={complaint} />}
        {acts.withdraw && <NoteKey complaintId={complaint.id} act="withdraw" />}
        {acts.close && <NoteKey complaintId={complaint.id} act="close" />}
      </div>
    </div>
  );
}

/** Why the next step is not the reader's. */
function Hint({ complaint }: { complaint: Complaint }) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const { state, handler_id: handler, handler_name: name } = complaint;
  if (state === 'confirmed' || state === 'withdrawn') return null;
  if (complaint.concerned)
    return <Alert type="info" showIcon title={t('complaintPage.concerned')} data-testid="complaint-concerned" />;
  if (state === 'solved')
    return (
      <p className="quiet">
        {t(complaint.plan_id === null ? 'complaintPage.notPlanned' : 'complaintPage.planned')}
        {handler === me.id && may(me, 'outreach:write') && <> {t('complaintPage.closeByAnother')}</>}
      </p>
    );
  if (handler === null || handler === me.id) return null;
  return <p className="quiet">{t(state === 'opened' ? 'complaintPage.givenTo' : 'complaintPage.with', { name })}</p>;
}

function Take({ complaint }: { complaint: Complaint }) {
  const { t } = useTranslation();
  const take = useAct(complaint.id);
  return (
    <div className="follow-up-take">
      <Button
        type="primary"
        size="large"
        block
        loading={take.isPending}
        data-testid="complaint-take"
        onClick={() => take.mutate({ act: 'take' })}
      >
        {t('complaintPage.take')}
      </Button>
      <p className="quiet">{t('complaintPage.takeHelp')}</p>
      {take.isError && <Alert type="error" showIcon title={errorText(take.error)} />}
    </div>
  );
}

function Solve({ complaint }: { complaint: Complaint }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const [solution, setSolution] = useState('');
  const solve = useAct(complaint.id, () => void message.success(t('complaintPage.solved')));
  return (
    <section className="follow-up-form" aria-label={t('complaintPage.solveTitle')}>
      <label>
        <span className="quiet">{t('complaintPage.solveTitle')}</span>
        <Input.TextArea
          rows={3}
          maxLength={MOST}
          value={solution}
          placeholder={t('complaintPage.solvePlaceholder')}
          data-testid="complaint-solution"
          onChange={(event) => setSolution(event.target.value)}
        />
      </label>
      {solve.isError && <Alert type="error" showIcon title={errorText(solve.error)} />}
      <Button
        type="primary"
        disabled={solution.trim() === ''}
        loading={solve.isPending}
        data-testid="complaint-solve"
        onClick={() => solve.mutate({ act: 'solve', solution: solution.trim() })}
      >
        {t('complaintPage.solve')}
      </Button>
      <p className="quiet">{t('complaintPage.solveHelp')}</p>
    </section>
  );
}

function Answer({ complaint }: { complaint: Complaint }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const [note, setNote] = useState('');
  const answer = useAct(
    complaint.id,
    (done) =>
      void message.success(t(done.state === 'confirmed' ? 'complaintPage.confirmed' : 'complaintPage.givenBack')),
  );
  const say = (mended: boolean): void => answer.mutate({ act: 'answer', mended, note: note.trim() });
  const isEmpty = note.trim() === '';
  return (
    <section className="follow-up-form" aria-label={t('complaintPage.answerTitle')}>
      <label>
        <span className="quiet">{t('complaintPage.answerTitle')}</span>
        <Input.TextArea
          rows={2}
          maxLength={MOST}
          value={note}
          placeholder={t('complaintPage.answerPlaceholder')}
          data-testid="complaint-answer"
          onChange={(event) => setNote(event.target.value)}
        />
      </label>
      {answer.isError && <Alert type="error" showIcon title={errorText(answer.error)} />}
      <div className="complaint-answers">
        <Button
          type="primary"
          disabled={isEmpty || answer.isPending}
          data-testid="complaint-mended"
          onClick={() => say(true)}
        >
          {t('complaintPage.mended')}
        </Button>
        <Button
          danger
          disabled={isEmpty || answer.isPending}
          data-testid="complaint-not-mended"
          onClick={() => say(false)}
        >
          {t('complaintPage.notMended')}
        </Button>
      </div>
      <p className="quiet">{t('complaintPage.answerHelp')}</p>
    </section>
  );
}
