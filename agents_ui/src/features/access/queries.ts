import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { api, unwrap } from '../../api/client';
import type { components } from '../../api/schema';

export type GlassItem = components['schemas']['GlassLine'];
export type AuditEntry = components['schemas']['AuditEntry'];
export type AuditPage = components['schemas']['AuditPage'];
export type AccessLog = components['schemas']['AccessLog'];
export type Trace = components['schemas']['Trace'];
export type Which = 'open' | 'untold' | 'all';

export interface AuditQuestion {
  person?: string;
  verb?: string;
  object?: string;
  since?: string;
  until?: string;
}

export function useGlass(which: Which, emergency = false) {
  return useQuery({
    queryKey: ['glass', which, emergency],
    queryFn: () => unwrap(api.GET('/api/glass', { params: { query: { which, ...(emergency && { emergency }) } } })),
    refetchInterval: 60_000,
  });
}

export function useGlassCount(enabled: boolean) {
  return useQuery({
    queryKey: ['glass', 'count'],
    queryFn: () => unwrap(api.GET('/api/glass/count')),
    refetchInterval: 60_000,
    enabled,
  });
}

export function useGlassDetail(id: string | null) {
  return useQuery({
    queryKey: ['glass', 'one', id],
    queryFn: () => unwrap(api.GET('/api/glass/{grant_id}', { params: { path: { grant_id: id ?? '' } } })),
    enabled: id !== null,
  });
}

export function useAudit(question: AuditQuestion) {
  return useInfiniteQuery({
    queryKey: ['audit', question],
    queryFn: ({ pageParam }) =>
      unwrap(
        api.GET('/api/audit', {
          params: { query: { ...question, ...(pageParam === null ? {} : { before: pageParam }) } },
        }),
      ),
    initialPageParam: null as number | null,
    getNextPageParam: (page: AuditPage) => page.next,
    staleTime: 0,
  });
}

export function useAccessLog(elderId: string | null, days: number) {
  return useQuery({
    queryKey: ['access-log', elderId, days],
    queryFn: () =>
      unwrap(
        api.GET('/api/elders/{elder_id}/access-log', {
          params: { path: { elder_id: elderId ?? '' }, query: { days } },
        }),
      ),
    enabled: elderId !== null,
    // Each look is written down in the log itself: asked once, not again behind one's back.
    staleTime: Infinity,
    refetchOnReconnect: false,
  });
}
