import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, unwrap } from '../../api/client';
import { asApiError } from '../../api/errors';
import type { EmergencyView, ProtocolView, StepTurn, StepView } from '../../api/types';

type Body = { code: string; body: StepBody } | { run: number; kind: EmergencyView['kind'] };
interface StepBody {
  run: number;
  position: number;
  answer?: string;
  skip: boolean;
  reason: string;
  take_back: boolean;
}

export interface ProtocolActs {
  pending: boolean;
  error: unknown;
  answer: (step: StepView, answer: string) => void;
  skip: (step: StepView, reason: string) => void;
  takeBack: (turn: StepTurn) => void;
  change: (run: number, kind: EmergencyView['kind']) => void;
}

/** The run that the screen shows, and what is clicked on it. Of two who click at once the second is told, and sees what the first did. */
export function useProtocol(caseId: string) {
  const queries = useQueryClient();
  const key = ['emergency', caseId, 'protocol'];
  const asked = useQuery({
    queryKey: key,
    queryFn: () => unwrap(api.GET('/api/emergencies/{case_id}/protocol', { params: { path: { case_id: caseId } } })),
    staleTime: 0,
    // Between the answer and the first row there is a moment without one.
    refetchInterval: (query) =>
      query.state.data === undefined && ['no_protocol', 'no_emergency'].includes(asApiError(query.state.error).code)
        ? 700
        : false,
  });
  const act = useMutation({
    mutationFn: (what: Body): Promise<ProtocolView> =>
      'code' in what
        ? unwrap(
            api.POST('/api/emergencies/{case_id}/steps/{code}', {
              params: { path: { case_id: caseId, code: what.code } },
              body: what.body,
            }),
          )
        : unwrap(
            api.POST('/api/emergencies/{case_id}/protocol', {
              params: { path: { case_id: caseId } },
              body: { run: what.run, kind: what.kind },
            }),
          ),
    onSuccess: (view) => queries.setQueryData(key, view),
    onError: () => void queries.invalidateQueries({ queryKey: key }),
  });
  const view = asked.data;
  const step = (one: { code: string; position: number | null }, more: Partial<StepBody>): void => {
    if (view === undefined || one.position === null || act.isPending) return;
    const body = { run: view.run, position: one.position, skip: false, reason: '', take_back: false, ...more };
    act.mutate({ code: one.code, body });
  };
  const acts: ProtocolActs = {
    pending: act.isPending,
    error: act.isError ? act.error : null,
    answer: (one, answer) => step(one, { answer }),
    skip: (one, reason) => step(one, { skip: true, reason }),
    takeBack: (turn) => step({ code: turn.step, position: turn.position }, { take_back: true }),
    change: (run, kind) => act.mutate({ run, kind }),
  };
  return { asked, view, acts };
}
