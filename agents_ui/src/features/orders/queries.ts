import { keepPreviousData, queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { api, unwrap } from '../../api/client';
import type { AskedOrder } from '../../api/types';

const MINUTE = 60_000;

const catalogOf = (communityId: string | null) =>
  queryOptions({
    queryKey: ['catalog', communityId],
    queryFn: () =>
      unwrap(api.GET('/api/catalog', { params: { query: communityId === null ? {} : { community_id: communityId } } })),
    staleTime: 5 * MINUTE,
  });
export const useCatalog = (communityId: string | null) => useQuery(catalogOf(communityId));

const suggestionsFor = (caseId: string) =>
  queryOptions({
    queryKey: ['order-suggestions', caseId],
    queryFn: () => unwrap(api.GET('/api/cases/{case_id}/order-suggestions', { params: { path: { case_id: caseId } } })),
    staleTime: MINUTE,
  });
export const useSuggestions = (caseId: string) => useQuery(suggestionsFor(caseId));

/** What the form shows first is there before F8 is pressed: nothing comes in above what a hand is about to click. */
export function useOrderingAhead(caseId: string, communityId: string | null): void {
  const queries = useQueryClient();
  useEffect(() => {
    if (communityId === null) return;
    void queries.prefetchQuery(catalogOf(communityId));
    void queries.prefetchQuery(suggestionsFor(caseId));
  }, [queries, caseId, communityId]);
}

/** Who would be asked. The words of the notes change nothing of it. */
export function usePreview(caseId: string, asked: AskedOrder | null, q: string) {
  const order = asked === null ? null : { ...asked, notes: '' };
  return useQuery({
    queryKey: ['order-preview', caseId, order, q],
    queryFn: ({ signal }) =>
      unwrap(
        api.POST('/api/cases/{case_id}/orders/preview', {
          params: { path: { case_id: caseId } },
          body: { order: order ?? { lines: [], notes: '', payer: 'auto' }, q },
          signal,
        }),
      ),
    enabled: order !== null,
    placeholderData: keepPreviousData,
    staleTime: 20_000,
  });
}

/** `heard`: a number that grows with each event of them, so that what the board hears is fetched anew. */
export function useCaseOrders(caseId: string, heard: string) {
  return useQuery({
    queryKey: ['case-orders', caseId, heard],
    queryFn: () => unwrap(api.GET('/api/cases/{case_id}/orders', { params: { path: { case_id: caseId } } })),
    placeholderData: keepPreviousData,
  });
}

export function useOrder(orderId: string | null, version: number) {
  return useQuery({
    queryKey: ['order', orderId, version],
    queryFn: () => unwrap(api.GET('/api/orders/{order_id}', { params: { path: { order_id: orderId ?? '' } } })),
    enabled: orderId !== null,
    placeholderData: (before) => (before?.id === orderId ? before : undefined),
  });
}

export function useChoices(orderId: string, q: string) {
  return useQuery({
    queryKey: ['order-stores', orderId, q],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET('/api/orders/{order_id}/stores', { params: { path: { order_id: orderId }, query: { q } }, signal }),
      ),
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
}

export function usePlans(caseId: string) {
  return useQuery({
    queryKey: ['order-plans', caseId],
    queryFn: () => unwrap(api.GET('/api/cases/{case_id}/order-plans', { params: { path: { case_id: caseId } } })),
  });
}
