import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { ElderCard } from '../../api/types';
import { useConsole, useLive, usePhone } from '../../app/console-context';
import { may } from '../../app/session';
import { useStore } from '../../kit/store';
import { talkingCall } from '../../live/select';
import { Suggested } from '../knowledge/Suggested';
import { CallPanel } from './CallPanel';
import { IdlePanel } from './IdlePanel';
import { OutsideKeys } from './OutsideKeys';
import { WrapUpPanel } from './WrapUpPanel';
import './call.css';

interface Props {
  /** On the emergency screen: what the protocol offers, and the cards of help under the call. */
  emergency?: { caseId: string; elder: ElderCard | null; offered: readonly string[] };
  children?: ReactNode;
}

export function CallColumn({ emergency, children }: Props) {
  const { desk, me } = useConsole();
  const { t } = useTranslation();
  const talking = useLive((state) => talkingCall(state, me.id));
  const agent = useLive((state) => state.agents[me.id]);
  const leg = usePhone((state) => state.call);
  const last = useStore(desk.lastCall, (value) => value);
  const legCall = useLive((state) => (leg?.callId ? state.calls[leg.callId] : undefined));
  const call = talking ?? (leg !== null && leg.stage !== 'ringing' ? legCall : undefined) ?? null;
  const inCall = call !== null || (leg !== null && leg.stage !== 'ringing');
  // Asked for while talking, in wrap-up, and after it until it is given: a wrap-up that ran out must not lose the outcome.
  const unsaved = last !== null && !last.wrappedUp ? last.callId : null;
  const noteFor = talking?.id ?? (agent?.state === 'wrap_up' ? (agent.call_id ?? unsaved) : unsaved);
  // Also a call that waits for this browser to come back is not over.
  const goesOn = useLive((state) => noteFor !== null && state.calls[noteFor] !== undefined);
  if (!may(me, 'calls:take')) return <aside className="column" />;
  return (
    <aside className="column call-column" aria-label={t('callState.talking')}>
      {inCall ? (
        <CallPanel call={call} leg={leg} offered={emergency?.offered ?? []} greets={emergency === undefined} />
      ) : emergency === undefined ? (
        <IdlePanel agent={agent} />
      ) : (
        <section className="panel call-panel" data-testid="call-out">
          <OutsideKeys call={null} caseId={emergency.caseId} elder={emergency.elder} offered={emergency.offered} />
        </section>
      )}
      {children}
      {call !== null && call.kind !== 'outbound' && emergency === undefined && (
        <Suggested
          line={call.kind === 'sos' ? 'sos' : 'service'}
          topic={call.kind === 'sos' ? 'emergency' : null}
          communityId={call.pop?.elder?.community_id ?? null}
        />
      )}
      {noteFor !== null && (
        <WrapUpPanel
          key={noteFor}
          callId={noteFor}
          talking={goesOn}
          until={agent?.state === 'wrap_up' ? agent.wrap_up_until : null}
        />
      )}
    </aside>
  );
}
