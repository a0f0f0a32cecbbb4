import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, unwrap } from '../../../api/client';
import { asApiError } from '../../../api/errors';
import type { FamilyProof } from '../../../api/types';
import { errorText, lookUp } from '../../../i18n/words';

/** Who belongs to her family, also who left it. */
export function useFamily(elderId: string) {
  return useQuery({
    queryKey: ['points', elderId, 'family'],
    queryFn: () => unwrap(api.GET('/api/elders/{elder_id}/points/family', { params: { path: { elder_id: elderId } } })),
  });
}

/** What was asked for out of her account and has moved nothing yet. */
export function useWaiting(elderId: string) {
  return useQuery({
    queryKey: ['points', elderId, 'waiting'],
    queryFn: () =>
      unwrap(api.GET('/api/elders/{elder_id}/points/waiting', { params: { path: { elder_id: elderId } } })),
  });
}

export interface Gift {
  /** Of this gift: asked for again after an answer that was lost, it is the same one. */
  id: string;
  /** null: for the public fund. */
  to: string | null;
  amount: number;
  reason: string;
}

export interface Claim {
  id: string;
  heir: string;
  reason: string;
}

/** What is done to her family and out of her account; all of hers is read again afterwards, and that of whoever got something too. */
export function useFamilyDeeds(elderId: string) {
  const queries = useQueryClient();
  const params = { path: { elder_id: elderId } };
  const after = { onSettled: () => queries.invalidateQueries({ queryKey: ['points'] }) };
  const join = useMutation({
    mutationFn: (body: { with_id: string; proof: FamilyProof }) =>
      unwrap(api.POST('/api/elders/{elder_id}/points/family', { params, body })),
    ...after,
  });
  const leave = useMutation({
    mutationFn: (why: 'asked' | 'wrong') =>
      unwrap(api.POST('/api/elders/{elder_id}/points/family/leave', { params, body: { why } })),
    ...after,
  });
  const give = useMutation({
    mutationFn: ({ id, to, amount, reason }: Gift) =>
      unwrap(api.POST('/api/elders/{elder_id}/points/gifts', { params, body: { id, to_id: to, amount, reason } })),
    ...after,
  });
  const claim = useMutation({
    mutationFn: ({ id, heir, reason }: Claim) =>
      unwrap(api.POST('/api/elders/{elder_id}/points/inheritance', { params, body: { id, heir_id: heir, reason } })),
    ...after,
  });
  return { join, leave, give, claim };
}

/** With what is left under a cap, where the server says it. */
export function refusal(thrown: unknown): string {
  const { code, details } = asApiError(thrown);
  const { left } = details;
  const capped = typeof left === 'number' ? lookUp(`pointsPage.give.capped.${code}`, { left }) : null;
  return capped ?? errorText(thrown);
}
