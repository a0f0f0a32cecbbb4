import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, unwrap } from '../../api/client';
import { useConsole } from '../../app/console-context';

/** Attaches an elder to the case of an unknown or shared number; the answer is the case with her profile. */
export function useAttach(caseId: string) {
  const { desk } = useConsole();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: { elder_id: string; learn_number: boolean }) =>
      unwrap(api.POST('/api/cases/{case_id}/elder', { params: { path: { case_id: caseId } }, body })),
    onSuccess: (detail) => {
      queries.setQueryData(['case', caseId], detail);
      desk.notices.tell('info', 'attached');
    },
  });
}
