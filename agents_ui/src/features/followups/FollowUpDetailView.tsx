import { Alert, Button, Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { useConsole, useNow } from '../../app/console-context';
import { may } from '../../app/session';
import { errorText } from '../../i18n/words';
import { moment } from '../../kit/format';
import { Due } from './Due';
import { FinishForm } from './FinishForm';
import { History } from './History';
import { PutOff } from './PutOff';
import { StopKey } from './StopKey';
import { Telephones } from './Telephones';
import { useAct, useFollowUp, type FollowUpDetail } from './queries';
import { about, ended, isBad, say } from './words';

/** One planned call: whom, about what and why, what was tried, and what to do with it now. */
export function FollowUpDetailView({ planId, version }: { planId: string; version: number }) {
  const { t } = useTranslation();
  const found = useFollowUp(planId, version);
  if (found.isPending) return <Skeleton active className="order-detail" />;
  if (found.isError)
    return (
      <Alert
        type="warning"
        showIcon
        title={errorText(found.error)}
        action={
          <Button size="small" onClick={() => void found.refetch()}>
            {t('common.retry')}
          </Button>
        }
      />
    );
  return <Whole plan={found.data} />;
}

const TONE: Partial<Record<FollowUpDetail['state'], string>> = {
  by_person: 'tone-due',
  calling: 'tone-me',
  messaged: 'tone-due',
  done: 'tone-ok',
};

function Whole({ plan }: { plan: FollowUpDetail }) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const now = useNow(60_000);
  const over = plan.state === 'done' || plan.state === 'dropped';
  return (
    <article className="follow-up" aria-label={plan.elder_name} data-testid="follow-up-detail">
      <header>
        <span className={`tone ${TONE[plan.state] ?? ''}`} data-testid="follow-up-state" data-state={plan.state}>
          {say('state', plan.state)}
        </span>
        {!over && <Due plan={plan} />}
      </header>
      <h2>
        {plan.elder_name} {plan.elder_age !== null && <span className="num">{plan.elder_age}</span>}
        <span className="quiet follow-up-place">{plan.place}</span>
      </h2>
      <p>
        <strong>{say('purpose', plan.purpose)}</strong>
        {(plan.item !== '' || plan.store_name !== '') && <> · {about(plan)}</>}
      </p>
      <p className="quiet">
        {say('why', plan.why)} · {t('followUpPage.detail.planned', { when: moment(Date.parse(plan.planned_at), now) })}
        {plan.sample_no !== null && plan.why === 'sample' && (
          <> · {t('followUpPage.detail.drawn', { number: plan.sample_no })}</>
        )}
      </p>
      <Ways plan={plan} />
      {over && (
        <p
          className={isBad(plan) ? 'follow-up-result follow-up-bad' : 'follow-up-result'}
          data-testid="follow-up-result"
        >
          <strong>{ended(plan)}</strong>
          <span className="quiet">
            {' '}
            {plan.done_by || t('followUpPage.program')}
            {plan.done_at !== null && <> · {moment(Date.parse(plan.done_at), now)}</>}
          </span>
        </p>
      )}
      {plan.note !== '' && (
        <p>
          <span className="quiet">{t('followUpPage.detail.note')}</span> {plan.note}
        </p>
      )}
      {plan.state === 'by_person' && may(me, 'outreach:work') && <Work plan={plan} />}
      <History plan={plan} />
      {!over && may(me, 'outreach:write') && <StopKey planId={plan.id} />}
    </article>
  );
}

/** Where else it stands. */
function Ways({ plan }: { plan: FollowUpDetail }) {
  const { desk, me } = useConsole();
  const { t } = useTranslation();
  const navigate = useNavigate();
  const caseId = plan.case_id;
  return (
    <p className="follow-up-ways num">
      {caseId !== null && may(me, 'calls:see') && (
        <Button
          size="small"
          type="link"
          onClick={() => {
            desk.focus.openCase(caseId);
            void navigate('/');
          }}
        >
          {t('followUpPage.detail.case', { number: plan.case_number })}
        </Button>
      )}
      {plan.order_id !== null && <span>{t('followUpPage.detail.order', { number: plan.order_number })}</span>}
      {plan.complaint_number !== '' && (
        <span className="tone tone-ask" data-testid="follow-up-complaint">
          {t('followUpPage.detail.complaint', { number: plan.complaint_number })}
        </span>
      )}
    </p>
  );
}

/** Take it; then call, and say what came of it. */
export function Work({ plan }: { plan: FollowUpDetail }) {
  const { me, desk } = useConsole();
  const { t } = useTranslation();
  const take = useAct(plan.id);
  if (plan.owner_id === null)
    return (
      <div className="follow-up-take">
        <Button
          type="primary"
          size="large"
          block
          loading={take.isPending}
          data-testid="follow-up-take"
          onClick={() => take.mutate({ act: 'take' }, { onError: (error) => desk.notices.failed(error) })}
        >
          {t('followUpPage.detail.take')}
        </Button>
        <p className="quiet">{t('followUpPage.detail.takeHelp')}</p>
      </div>
    );
  if (plan.owner_id !== me.id)
    return <Alert type="info" showIcon title={t('followUpPage.detail.takenBy', { name: plan.owner_name })} />;
  return (
    <div className="follow-up-work">
      <Telephones plan={plan} />
      <FinishForm plan={plan} />
      <PutOff planId={plan.id} />
    </div>
  );
}
