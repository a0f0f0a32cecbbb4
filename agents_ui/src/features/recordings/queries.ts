import { useQuery } from '@tanstack/react-query';
import { api, unwrap } from '../../api/client';

/** Under the case's own key: what is new in the case is looked for here too. */
export function useRecordings(caseId: string) {
  return useQuery({
    queryKey: ['case', caseId, 'recordings'],
    queryFn: async () =>
      (await unwrap(api.GET('/api/cases/{case_id}/recordings', { params: { path: { case_id: caseId } } }))).recordings,
  });
}

/** What was recorded does not change. */
export function useWaveform(recordingId: string) {
  return useQuery({
    queryKey: ['waveform', recordingId],
    queryFn: () =>
      unwrap(api.GET('/api/recordings/{recording_id}/waveform', { params: { path: { recording_id: recordingId } } })),
    staleTime: Infinity,
  });
}
