import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { api, unwrap } from './client';

/** Everything that is fetched by hand rather than heard over the socket. */

export function useOptions() {
  return useQuery({
    queryKey: ['options'],
    queryFn: () => unwrap(api.GET('/api/options')),
    staleTime: 5 * 60_000,
  });
}

export function useCase(caseId: string | null) {
  return useQuery({
    queryKey: ['case', caseId],
    queryFn: () => unwrap(api.GET('/api/cases/{case_id}', { params: { path: { case_id: caseId ?? '' } } })),
    enabled: caseId !== null,
  });
}

const HISTORY_PAGE = 20;

/** All cases of an elder, newest first, a page at a time. */
export function useHistory(elderId: string) {
  return useInfiniteQuery({
    queryKey: ['history', elderId],
    queryFn: ({ pageParam }) =>
      unwrap(
        api.GET('/api/elders/{elder_id}/cases', {
          params: {
            path: { elder_id: elderId },
            query: { limit: HISTORY_PAGE, ...(pageParam && { before: pageParam }) },
          },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (page) => (page.length < HISTORY_PAGE ? undefined : page.at(-1)?.id),
  });
}

export function useElderSearch(text: string) {
  const q = text.trim();
  return useQuery({
    queryKey: ['elders', q],
    queryFn: ({ signal }) => unwrap(api.GET('/api/elders', { params: { query: { q } }, signal })),
    enabled: q.length > 0,
    placeholderData: (previous) => previous,
  });
}

export function useElder(elderId: string | null) {
  return useQuery({
    queryKey: ['elder', elderId],
    queryFn: () => unwrap(api.GET('/api/elders/{elder_id}', { params: { path: { elder_id: elderId ?? '' } } })),
    enabled: elderId !== null,
    staleTime: 0,
  });
}
