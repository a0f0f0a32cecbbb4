import { useMutation, useQuery, useQueryClient, type UseMutationResult } from '@tanstack/react-query';
import { api, unwrap } from '../../../api/client';
import type { Settlement, SettlementHead, SettlementParty } from '../../../api/types';

/** "2026-10": how the server is asked for a month whose first day it tells. */
export const monthOf = (head: Pick<SettlementHead, 'month'>): string => head.month.slice(0, 7);

/** The centre has no id, and is one. */
export const keyOf = (party: SettlementParty): string => `${party.holder}:${party.id ?? ''}`;

export function useMonths() {
  return useQuery({
    queryKey: ['points-settlements'],
    queryFn: () => unwrap(api.GET('/api/points/settlements')),
  });
}

export function useMonth(month: string) {
  return useQuery({
    queryKey: ['points-settlements', month],
    queryFn: () => unwrap(api.GET('/api/points/settlements/month', { params: { query: { month } } })),
  });
}

export interface Passed {
  settlementId: string;
  party: SettlementParty;
  fen: number;
  paidOn: string;
  reference: string;
}

/** Closing and passing on answer with the month as it is then; the list of months has its state too. */
function useAfter<Asked>(ask: (asked: Asked) => Promise<Settlement>): UseMutationResult<Settlement, Error, Asked> {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ask,
    onSuccess: () => queries.invalidateQueries({ queryKey: ['points-settlements'] }),
  });
}

export function useClose() {
  return useAfter((month: string) => unwrap(api.POST('/api/points/settlements', { body: { month } })));
}

export function usePass() {
  return useAfter(({ settlementId, party, fen, paidOn, reference }: Passed) =>
    unwrap(
      api.POST('/api/points/settlements/{settlement_id}/paid', {
        params: { path: { settlement_id: settlementId } },
        body: { holder: party.holder, id: party.id, fen, paid_on: paidOn, reference },
      }),
    ),
  );
}
