import { useQuery } from '@tanstack/react-query';
import { api, unwrap } from '../../api/client';

const POLL_MS = 30_000;

export function useHandovers() {
  return useQuery({
    queryKey: ['handovers'],
    queryFn: () => unwrap(api.GET('/api/handovers')),
    refetchInterval: POLL_MS,
    staleTime: 0,
  });
}
