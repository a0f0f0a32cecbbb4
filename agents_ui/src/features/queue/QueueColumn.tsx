import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { EmergencyList } from '../emergency/EmergencyList';
import { QueueOrders } from '../orders/QueueOrders';
import { AgentList } from './AgentList';
import { CallBackList } from './CallBackList';
import { MyCases } from './MyCases';
import { WaitingList } from './WaitingList';
import './queue.css';

export function QueueColumn() {
  const { me } = useConsole();
  return (
    <aside className="column queue-column">
      {may(me, 'cases:read') && <EmergencyList />}
      <WaitingList />
      {may(me, 'tasks:work') && <CallBackList />}
      {may(me, 'cases:read') && <MyCases />}
      {may(me, 'orders:read') && <QueueOrders />}
      <AgentList />
    </aside>
  );
}
