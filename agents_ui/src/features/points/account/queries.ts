import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { api, unwrap } from '../../../api/client';

export type Book = 'PT' | 'TC';

export function useAccount(elderId: string) {
  return useQuery({
    queryKey: ['points', elderId],
    queryFn: () => unwrap(api.GET('/api/elders/{elder_id}/points', { params: { path: { elder_id: elderId } } })),
  });
}

/** The three that are read to her. */
export function useLastMovements(elderId: string) {
  return useQuery({
    queryKey: ['points', elderId, 'movements', 'PT', 'last'],
    queryFn: () =>
      unwrap(
        api.GET('/api/elders/{elder_id}/points/movements', {
          params: { path: { elder_id: elderId }, query: { limit: 3 } },
        }),
      ),
  });
}

/** Page by page, the newest first. */
export function useMovements(elderId: string, ledger: Book) {
  return useInfiniteQuery({
    queryKey: ['points', elderId, 'movements', ledger],
    initialPageParam: '',
    queryFn: ({ pageParam }) =>
      unwrap(
        api.GET('/api/elders/{elder_id}/points/movements', {
          params: { path: { elder_id: elderId }, query: { ledger, cursor: pageParam } },
        }),
      ),
    getNextPageParam: (page) => page.next,
  });
}

/** What she could spend at the end of each month, the oldest first, at most two years. */
export function useMonths(elderId: string, ledger: Book) {
  return useQuery({
    queryKey: ['points', elderId, 'months', ledger],
    queryFn: () =>
      unwrap(
        api.GET('/api/elders/{elder_id}/points/months', {
          params: { path: { elder_id: elderId }, query: { ledger } },
        }),
      ),
  });
}
