import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { AgentList } from './AgentList';
import { CallBackList } from './CallBackList';
import { MyCases } from './MyCases';
import { WaitingList } from './WaitingList';
import './queue.css';

export function QueueColumn() {
  const { me } = useConsole();
  return (
    <aside className="column queue-column">
      <WaitingList />
      {may(me, 'tasks:work') && <CallBackList />}
      {may(me, 'cases:read') && <MyCases />}
      <AgentList />
    </aside>
  );
}
