import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { Due } from './Due';
import { Work } from './FollowUpDetailView';
import { useCaseFollowUps, useFollowUp, type FollowUp } from './queries';
import { about, ended, isBad, say } from './words';
import '../../kit/tone.css';
import '../orders/orders.css';
import './followups.css';

/** On the case itself: what she was or will be asked, and the form while somebody speaks with her about it. */
export function CaseFollowUps({ caseId }: { caseId: string }) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const found = useCaseFollowUps(caseId, may(me, 'outreach:read'));
  if (found.data === undefined || found.data.length === 0) return null;
  return (
    <section className="panel follow-up-case" aria-label={t('followUpPage.inCase.title')} data-testid="case-follow-ups">
      <header className="panel-head">{t('followUpPage.inCase.title')}</header>
      {found.data.map((plan) => (
        <One key={plan.id} plan={plan} />
      ))}
    </section>
  );
}

function One({ plan }: { plan: FollowUp }) {
  const { me } = useConsole();
  const mine = plan.state === 'by_person' && plan.owner_id === me.id;
  const [open, setOpen] = useState(false);
  const waits = plan.state === 'by_person' && plan.owner_id === null && may(me, 'outreach:work');
  return (
    <div className="follow-up-one" data-state={plan.state}>
      <div>
        <strong>{say('purpose', plan.purpose)}</strong> {plan.item !== '' && <span>{about(plan)}</span>}
      </div>
      <div className={isBad(plan) ? 'report-bad' : 'quiet'}>
        {ended(plan)} {plan.state === 'by_person' && <Due plan={plan} />}
      </div>
      {waits && !open && (
        <button type="button" className="report-link" onClick={() => setOpen(true)}>
          {say('why', plan.why)} ›
        </button>
      )}
      {(mine || (waits && open)) && <Whole plan={plan} />}
    </div>
  );
}

function Whole({ plan }: { plan: FollowUp }) {
  const detail = useFollowUp(plan.id, plan.version);
  return detail.data === undefined ? null : <Work plan={detail.data} />;
}
