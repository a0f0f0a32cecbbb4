import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, unwrap } from '../../../api/client';
import type { components } from '../../../api/schema';

type Schemas = components['schemas'];
export type Term = Schemas['TermView'];
export type Till = Schemas['TillView'];
export type MadeTill = Schemas['MadeTill'];

const TERMS = ['points-terms'];
const TILLS = ['points-tills'];

export function useTerms() {
  return useQuery({ queryKey: TERMS, queryFn: () => unwrap(api.GET('/api/points/terms')) });
}

export function useAgree(storeId: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: { allied: boolean; rate_bp: number | null }) =>
      unwrap(api.POST('/api/points/terms/{store_id}', { params: { path: { store_id: storeId } }, body })),
    onSuccess: (terms) => queries.setQueryData(TERMS, terms),
  });
}

export function useTills() {
  return useQuery({ queryKey: TILLS, queryFn: () => unwrap(api.GET('/api/points/tills')) });
}

export function useAddTill() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: { store_code: string; name: string }) => unwrap(api.POST('/api/points/tills', { body })),
    onSuccess: (made) => queries.setQueryData(TILLS, made.tills),
  });
}

export function useEndTill() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(api.POST('/api/points/tills/{till_id}/revoke', { params: { path: { till_id: id } } })),
    onSuccess: (tills) => queries.setQueryData(TILLS, tills),
  });
}
