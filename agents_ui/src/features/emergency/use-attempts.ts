import { useQuery } from '@tanstack/react-query';
import { api, unwrap } from '../../api/client';
import type { Attempts } from '../../api/types';

/** The ladder and every call of it, with whom: whole for whoever sees all of the elder. Asked again whenever the emergency has changed. */
export function useAttempts(caseId: string, isEmergency: boolean): Attempts | undefined {
  return useQuery({
    queryKey: ['emergency', caseId, 'attempts'],
    queryFn: () => unwrap(api.GET('/api/emergencies/{case_id}/attempts', { params: { path: { case_id: caseId } } })),
    enabled: isEmergency,
    staleTime: 0,
  }).data;
}
