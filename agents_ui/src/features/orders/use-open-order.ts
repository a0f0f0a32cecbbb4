import { useNavigate } from 'react-router';
import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { ordering } from './ordering';

/** Opens the order form for the case in the middle, and shuts it again. Without a case there is nothing to order for. */
export function useOpenOrder(): () => void {
  const { desk, me } = useConsole();
  const navigate = useNavigate();
  return () => {
    if (!may(me, 'orders:write')) return;
    const focus = desk.focus.get();
    const call = focus.callId === null ? undefined : desk.live.get().calls[focus.callId];
    const caseId = call?.case_id ?? focus.caseId;
    if (caseId === null) return;
    const opens = ordering.get() !== caseId;
    ordering.set(opens ? caseId : null);
    if (opens) desk.look.leave(); // an emergency's screen has no form; its red bar leads back
    void navigate('/');
  };
}
