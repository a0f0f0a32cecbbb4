import { CallColumn } from '../call/CallColumn';
import { CaseColumn } from '../case/CaseColumn';
import { QueueColumn } from '../queue/QueueColumn';
import './console.css';

/** Where calls are taken: who waits, the case, the call. */
export function DeskPage() {
  return (
    <div className="console-columns">
      <QueueColumn />
      <CaseColumn />
      <CallColumn />
    </div>
  );
}
