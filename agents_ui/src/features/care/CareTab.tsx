import { Alert, Button, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useConsole, useNow } from '../../app/console-context';
import { may } from '../../app/session';
import { errorText } from '../../i18n/words';
import { moment } from '../../kit/format';
import { EndDialog } from './EndDialog';
import { PlanDialog } from './PlanDialog';
import { useCare, type Care, type CareKind, type CarePlan } from './queries';
import { agreed, say, stands } from './words';
import '../../kit/tone.css';
import './care.css';

const KINDS: CareKind[] = ['care', 'daily', 'medicine'];

/** How the centre looks after her by telephone: what is agreed, her last signs, and how the last calls went. */
export function CareTab({ elderId }: { elderId: string }) {
  const { me } = useConsole();
  const found = useCare(elderId);
  if (found.isPending) return <Skeleton active />;
  if (found.isError) return <Alert type="error" showIcon title={errorText(found.error)} />;
  return <Whole care={found.data} writes={may(me, 'outreach:work')} />;
}

function Whole({ care, writes }: { care: Care; writes: boolean }) {
  const [setting, setSetting] = useState<CareKind | null>(null);
  const [ending, setEnding] = useState<CarePlan | null>(null);
  const planOf = (kind: CareKind): CarePlan | undefined => care.plans.find((one) => one.kind === kind);
  return (
    <div data-testid="care">
      {KINDS.map((kind) => (
        <PlanPart
          key={kind}
          kind={kind}
          plan={planOf(kind)}
          writes={writes}
          onSet={() => setSetting(kind)}
          onEnd={setEnding}
        />
      ))}
      <Signs care={care} />
      <Calls care={care} />
      <Ended care={care} />
      {setting !== null && (
        <PlanDialog care={care} kind={setting} plan={planOf(setting)} onClose={() => setSetting(null)} />
      )}
      {ending !== null && <EndDialog elderId={care.elder_id} plan={ending} onClose={() => setEnding(null)} />}
    </div>
  );
}

interface PartProps {
  kind: CareKind;
  plan: CarePlan | undefined;
  writes: boolean;
  onSet: () => void;
  onEnd: (plan: CarePlan) => void;
}

function PlanPart({ kind, plan, writes, onSet, onEnd }: PartProps) {
  const { t } = useTranslation();
  const now = useNow(60_000);
  return (
    <section className="part" data-testid={`care-${kind}`}>
      <div className="care-head">
        <h3 className="part-title">{say('kind', kind)}</h3>
        <span className="elders-space" />
        {writes && plan !== undefined && (
          <Button type="text" onClick={() => onEnd(plan)} data-testid={`care-end-${kind}`}>
            {t('carePage.end')}
          </Button>
        )}
        {writes && (
          <Button onClick={onSet} data-testid={`care-set-${kind}`}>
            {t(plan === undefined ? 'carePage.set' : 'carePage.change')}
          </Button>
        )}
      </div>
      {plan === undefined ? (
        <p className="quiet">{t(`carePage.none.${kind}`)}</p>
      ) : (
        <>
          <p className="care-agreed num">{agreed(plan).join(' · ')}</p>
          <p className="quiet num">
            {kind === 'care' && <>{t('carePage.next', { day: plan.next_on })} · </>}
            {plan.made_by === null
              ? t('carePage.madeByRisk')
              : t('carePage.madeBy', { name: plan.made_by, when: moment(Date.parse(plan.made_at), now) })}
          </p>
        </>
      )}
    </section>
  );
}

function Signs({ care }: { care: Care }) {
  const { t } = useTranslation();
  if (care.signs.length === 0 && !care.plans.some((one) => one.kind === 'daily')) return null;
  return (
    <section className="part" data-testid="care-signs">
      <h3 className="part-title">{t('carePage.signs')}</h3>
      {care.signs.length === 0 && <p className="quiet">{t('carePage.noSigns')}</p>}
      <p className="care-signs">
        {care.signs.map((day) => (
          <span key={day} className="tone tone-ok num">
            {day.slice(5)}
          </span>
        ))}
      </p>
    </section>
  );
}

function Calls({ care }: { care: Care }) {
  const { t } = useTranslation();
  const now = useNow(60_000);
  return (
    <section className="part" data-testid="care-calls">
      <h3 className="part-title">{t('carePage.calls')}</h3>
      {care.calls.length === 0 && <p className="quiet">{t('carePage.noCalls')}</p>}
      <ul className="lines">
        {care.calls.map((call) => (
          <li key={call.id} className="line care-call">
            <time className="num">{moment(Date.parse(call.done_at ?? call.due_at), now)}</time>
            <span>{t(`followUpPage.purpose.${call.purpose}`)}</span>
            <strong className={call.result === 'not_reached' || call.result === 'help' ? 'elders-risk' : ''}>
              {stands(call)}
            </strong>
            <span className="quiet num">{call.attempts > 0 && t('carePage.tried', { count: call.attempts })}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Ended({ care }: { care: Care }) {
  const { t } = useTranslation();
  const now = useNow(60_000);
  if (care.ended.length === 0) return null;
  return (
    <section className="part" data-testid="care-ended">
      <h3 className="part-title">{t('carePage.ended')}</h3>
      <ul className="lines">
        {care.ended.map((plan) => (
          <li key={plan.id} className="line care-call">
            <time className="num">{plan.ended_at === null ? '' : moment(Date.parse(plan.ended_at), now)}</time>
            <span>{say('kind', plan.kind)}</span>
            <span className="num">{agreed(plan).join(' · ')}</span>
            <span className="quiet">{plan.end_reason || t('carePage.replaced')}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
