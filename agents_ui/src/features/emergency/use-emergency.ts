import { useCase } from '../../api/queries';
import type { CallView, CaseDetail, ElderCard, EmergencyView } from '../../api/types';
import { useConsole, useLive } from '../../app/console-context';
import { emergencyOf, partIn, sosCallOf, type Part } from '../../live/emergency';

export interface Shown {
  caseId: string;
  /** null for the moment between the answer and its first row. */
  emergency: EmergencyView | null;
  detail: CaseDetail | undefined;
  elder: ElderCard | null;
  shared: ElderCard[];
  number: string;
  /** Of this case, whoever talks on it. */
  call: CallView | null;
  part: Part;
  /** She acts; everybody else reads and helps. */
  acts: boolean;
}

/** All that the screen stands on, of the case in the middle. */
export function useEmergency(caseId: string): Shown {
  const { me } = useConsole();
  const emergency = useLive((state) => emergencyOf(state, caseId));
  const sos = useLive((state) => sosCallOf(state, caseId));
  const live = useLive(
    (state) =>
      Object.values(state.calls).find((call) => call.case_id === caseId && call.agent_id === me.id) ??
      Object.values(state.calls).find((call) => call.case_id === caseId) ??
      null,
  );
  const detail = useCase(caseId).data;
  const call = sos ?? live;
  const pop = call?.pop ?? null;
  const part: Part = emergency ? partIn(emergency, me.id) : call?.agent_id === me.id ? 'owner' : 'none';
  return {
    caseId,
    emergency,
    detail,
    elder: detail?.elder ?? pop?.elder ?? null,
    shared: detail?.shared ?? pop?.shared ?? [],
    number: call?.caller_number || detail?.caller_number || pop?.caller_number || '',
    call,
    part,
    acts: part === 'owner' || call?.agent_id === me.id,
  };
}
