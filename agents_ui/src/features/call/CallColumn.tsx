import { useTranslation } from 'react-i18next';
import { useConsole, useLive, usePhone } from '../../app/console-context';
import { may } from '../../app/session';
import { talkingCall } from '../../live/select';
import { CallPanel } from './CallPanel';
import { IdlePanel } from './IdlePanel';
import { WrapUpPanel } from './WrapUpPanel';
import './call.css';

export function CallColumn() {
  const { desk, me } = useConsole();
  const { t } = useTranslation();
  const talking = useLive((state) => talkingCall(state, me.id));
  const agent = useLive((state) => state.agents[me.id]);
  const leg = usePhone((state) => state.call);
  const legCall = useLive((state) => (leg?.callId ? state.calls[leg.callId] : undefined));
  if (!may(me, 'calls:take')) return <aside className="column" />;

  const call = talking ?? (leg !== null && leg.stage !== 'ringing' ? legCall : undefined) ?? null;
  const inCall = call !== null || (leg !== null && leg.stage !== 'ringing');
  const last = desk.lastCall.get();
  const wrapUpCall = agent?.state === 'wrap_up' ? (agent.call_id ?? last?.callId ?? null) : null;
  const noteFor = talking?.id ?? wrapUpCall;
  return (
    <aside className="column" aria-label={t('callState.talking')}>
      {inCall ? <CallPanel call={call} leg={leg} /> : <IdlePanel agent={agent} />}
      {noteFor !== null && (
        <WrapUpPanel
          key={noteFor}
          callId={noteFor}
          talking={talking !== null}
          until={agent?.state === 'wrap_up' ? agent.wrap_up_until : null}
        />
      )}
    </aside>
  );
}
