import { Alert, Button, Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { useConsole, useNow } from '../../app/console-context';
import { may } from '../../app/session';
import { errorText } from '../../i18n/words';
import { moment } from '../../kit/format';
import { Due } from './Due';
import { useComplaint, type Complaint } from './queries';
import { Work } from './Work';
import { cameFrom, concerns, say } from './words';

/** One complaint: her words, how far it is, and what to do with it now. */
export function Detail({ complaintId, version }: { complaintId: string; version: number }) {
  const { t } = useTranslation();
  const found = useComplaint(complaintId, version);
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
  return <Whole complaint={found.data} />;
}

const TONE: Record<Complaint['state'], string> = {
  opened: 'tone-ask',
  acknowledged: 'tone-me',
  solved: 'tone-due',
  confirmed: 'tone-ok',
  withdrawn: '',
};

function Whole({ complaint }: { complaint: Complaint }) {
  const { t } = useTranslation();
  const about = concerns(complaint);
  return (
    <article className="follow-up" aria-label={complaint.number} data-testid="complaint-detail">
      <header>
        <span className={`tone ${TONE[complaint.state]}`} data-testid="complaint-state" data-state={complaint.state}>
          {say('state', complaint.state)}
        </span>
        <span className="quiet num">{complaint.number}</span>
      </header>
      <Due complaint={complaint} />
      <h2>
        {complaint.elder_name || t('complaintPage.unknownElder')}
        <span className="quiet follow-up-place">{complaint.place}</span>
      </h2>
      <p>
        <span className={complaint.rating === null ? '' : 'complaint-rating'}>{cameFrom(complaint)}</span>
        {about !== '' && <> · {about}</>}
      </p>
      <Ways complaint={complaint} />
      <Words complaint={complaint} />
      <Work key={`${complaint.id}:${complaint.state}:${complaint.rounds}`} complaint={complaint} />
      <Steps complaint={complaint} />
    </article>
  );
}

/** Where else it stands. */
function Ways({ complaint }: { complaint: Complaint }) {
  const { desk, me } = useConsole();
  const { t } = useTranslation();
  const navigate = useNavigate();
  return (
    <p className="follow-up-ways num">
      {may(me, 'calls:see') && (
        <Button
          size="small"
          type="link"
          data-testid="complaint-case"
          onClick={() => {
            desk.focus.openCase(complaint.case_id);
            void navigate('/');
          }}
        >
          {t('followUpPage.detail.case', { number: complaint.case_number })}
        </Button>
      )}
      {complaint.order_number !== '' && (
        <span>{t('followUpPage.detail.order', { number: complaint.order_number })}</span>
      )}
      {complaint.plan_id !== null && (
        <Button size="small" type="link" onClick={() => void navigate(`/follow-ups?plan=${complaint.plan_id}`)}>
          {t('complaintPage.toCall')}
        </Button>
      )}
    </p>
  );
}

function Words({ complaint }: { complaint: Complaint }) {
  const { t } = useTranslation();
  if (!complaint.whole && complaint.elder_id !== null)
    return <p className="quiet">{t(complaint.concerned ? 'complaintPage.hiddenFrom' : 'complaintPage.hidden')}</p>;
  return (
    <>
      <blockquote className="complaint-words" data-testid="complaint-words">
        {complaint.words || <span className="quiet">{t('complaintPage.noWords')}</span>}
      </blockquote>
      {complaint.solution !== '' && (
        <p className="complaint-solution">
          <strong>{t('complaintPage.solution')}</strong> {complaint.solution}
        </p>
      )}
    </>
  );
}

/** What has happened, in order; the whole of it stands on the case. */
function Steps({ complaint }: { complaint: Complaint }) {
  const { t } = useTranslation();
  const now = useNow(60_000);
  const steps: { key: 'opened' | 'acknowledged' | 'solved' | 'ended'; at: string | null; by: string }[] = [
    { key: 'opened', at: complaint.opened_at, by: complaint.opened_by_name || t('followUpPage.program') },
    { key: 'acknowledged', at: complaint.acknowledged_at, by: complaint.handler_name },
    { key: 'solved', at: complaint.solved_at, by: complaint.handler_name },
    { key: 'ended', at: complaint.ended_at, by: complaint.ended_by_name },
  ];
  return (
    <section className="complaint-steps" aria-label={t('complaintPage.history')}>
      <h3>{t('complaintPage.history')}</h3>
      <dl className="order-facts num">
        {steps.map(
          ({ key, at, by }) =>
            at !== null && (
              <div key={key} className="complaint-step">
                <dt>{key === 'ended' ? say('state', complaint.state) : t(`complaintPage.step.${key}`)}</dt>
                <dd>
                  {moment(Date.parse(at), now)} <span className="quiet">{by}</span>
                </dd>
              </div>
            ),
        )}
      </dl>
      {complaint.rounds > 0 && (
        <p className="age-warn">{t('complaintPage.notMendedTimes', { count: complaint.rounds })}</p>
      )}
    </section>
  );
}
