import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, unwrap } from '../../api/client';
import type { EntitlementForm, EntitlementsOfElder } from '../../api/types';

export function useEntitlements(elderId: string, month: string | null) {
  return useQuery({
    queryKey: ['entitlements', elderId, month],
    queryFn: () =>
      unwrap(
        api.GET('/api/elders/{elder_id}/entitlements', {
          params: { path: { elder_id: elderId }, query: month === null ? {} : { month } },
        }),
      ),
    placeholderData: (previous) => previous,
  });
}

export type Saved = { form: EntitlementForm; change: { id: string; version: number } | null };

export function useSaveEntitlement(elderId: string, onDone: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ form, change }: Saved): Promise<EntitlementsOfElder> =>
      change === null
        ? unwrap(
            api.POST('/api/elders/{elder_id}/entitlements', { params: { path: { elder_id: elderId } }, body: form }),
          )
        : unwrap(
            api.PUT('/api/entitlements/{entitlement_id}', {
              params: { path: { entitlement_id: change.id } },
              body: { ...form, version: change.version },
            }),
          ),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['entitlements', elderId] });
      onDone();
    },
  });
}

export function useWithdrawEntitlement(elderId: string, onDone: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id, version, reason }: { id: string; version: number; reason: string }) =>
      unwrap(
        api.POST('/api/entitlements/{entitlement_id}/withdraw', {
          params: { path: { entitlement_id: id } },
          body: { version, reason },
        }),
      ),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['entitlements', elderId] });
      onDone();
    },
  });
}

export function useBills(orderId: string) {
  return useQuery({
    queryKey: ['bills', orderId],
    queryFn: () => unwrap(api.GET('/api/orders/{order_id}/bills', { params: { path: { order_id: orderId } } })),
  });
}

/** Who would pay; `enabled` while there is no bill yet. */
export function usePreview(orderId: string, enabled: boolean) {
  return useQuery({
    queryKey: ['payers', orderId],
    queryFn: () => unwrap(api.GET('/api/orders/{order_id}/payers', { params: { path: { order_id: orderId } } })),
    enabled,
  });
}

export function useClaims(month: string) {
  return useQuery({
    queryKey: ['claims', month],
    queryFn: () => unwrap(api.GET('/api/claims', { params: { query: { month } } })),
  });
}

export function useClaim(id: string) {
  return useQuery({
    queryKey: ['claim', id],
    queryFn: () => unwrap(api.GET('/api/claims/{claim_id}', { params: { path: { claim_id: id } } })),
  });
}

export function useStatements(month: string) {
  return useQuery({
    queryKey: ['statements', month],
    queryFn: () => unwrap(api.GET('/api/store-statements', { params: { query: { month } } })),
  });
}

export function useStatement(storeId: string, month: string) {
  return useQuery({
    queryKey: ['statements', month, storeId],
    queryFn: () =>
      unwrap(
        api.GET('/api/store-statements/{store_id}', { params: { path: { store_id: storeId }, query: { month } } }),
      ),
  });
}
