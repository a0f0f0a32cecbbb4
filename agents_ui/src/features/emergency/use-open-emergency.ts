import { useNavigate } from 'react-router';
import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { emergencyOf } from '../../live/emergency';
import { opening } from './open-dialog';

/** F9: asks whether the case in the middle becomes an emergency; of one that is already it opens the screen. */
export function useOpenEmergency(): () => void {
  const { desk, me } = useConsole();
  const navigate = useNavigate();
  return () => {
    if (!may(me, 'cases:write')) return;
    const focus = desk.focus.get();
    const call = focus.callId === null ? undefined : desk.live.get().calls[focus.callId];
    const caseId = call?.case_id ?? focus.caseId;
    if (caseId === null) {
      desk.notices.tell('info', 'no-case');
      return;
    }
    void navigate('/');
    if (emergencyOf(desk.live.get(), caseId) !== null) desk.look.enter(caseId);
    else opening.set(caseId);
  };
}
