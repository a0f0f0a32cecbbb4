import { useConsole, useLive } from '../../app/console-context';
import { useStore } from '../../kit/store';
import { screenOpen } from '../../live/emergency';
import { CallColumn } from '../call/CallColumn';
import { CaseColumn } from '../case/CaseColumn';
import { EmergencyScreen } from '../emergency/EmergencyScreen';
import { QueueColumn } from '../queue/QueueColumn';
import './console.css';

/** Where calls are taken: who waits, the case, the call; in an emergency its screen instead. */
export function DeskPage() {
  const { desk, me } = useConsole();
  const focus = useStore(desk.focus, (value) => value);
  const look = useStore(desk.look, (value) => value);
  const caseId = useLive((state) => (focus.callId ? state.calls[focus.callId]?.case_id : null) ?? focus.caseId);
  const emergency = useLive((state) => screenOpen(state, caseId, me.id, look));
  if (emergency && caseId !== null) return <EmergencyScreen key={caseId} caseId={caseId} />;
  return (
    <div className="console-columns">
      <QueueColumn />
      <CaseColumn />
      <CallColumn />
    </div>
  );
}
