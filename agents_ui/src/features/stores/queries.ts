import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, unwrap } from '../../api/client';
import type { components } from '../../api/schema';

type Schemas = components['schemas'];
export type StoreLine = Schemas['StoreRow'];
export type StoreView = Schemas['StoreView'];
export type StoreState = Schemas['StoreState'];
export type StoreForm = Schemas['StoreForm'];
export type StoreItem = Schemas['StoreItemView'];
export type HeldLicence = Schemas['HeldLicenceView'];
export type Member = Schemas['StoreMemberView'];
export type Organisation = Schemas['OrganisationView'];
export type ImportReport = Schemas['StoreImportReport'];

export interface Filter {
  q: string;
  state: StoreState | null;
  item: string;
  regionId: string | null;
  organisationId: string | null;
  expiring: boolean;
}

export const PAGE = 50;

export function useStores(filter: Filter, offset: number) {
  const query = {
    q: filter.q,
    item: filter.item,
    expiring: filter.expiring,
    offset,
    ...(filter.state && { state: filter.state }),
    ...(filter.regionId && { region_id: filter.regionId }),
    ...(filter.organisationId && { organisation_id: filter.organisationId }),
  };
  return useQuery({
    queryKey: ['stores', 'list', query],
    queryFn: () => unwrap(api.GET('/api/stores', { params: { query } })),
    placeholderData: (before) => before,
  });
}

export function useStoreView(id: string) {
  return useQuery({
    queryKey: ['stores', 'one', id],
    queryFn: () => unwrap(api.GET('/api/stores/{store_id}', { params: { path: { store_id: id } } })),
  });
}

export function useChanges(id: string) {
  return useQuery({
    queryKey: ['stores', 'changes', id],
    queryFn: () => unwrap(api.GET('/api/stores/{store_id}/changes', { params: { path: { store_id: id } } })),
  });
}

export function useOrganisations() {
  return useQuery({
    queryKey: ['organisations'],
    queryFn: () => unwrap(api.GET('/api/organisations')),
    staleTime: 60_000,
  });
}

/** Whatever changes a store answers with all of it. Refused because somebody was quicker: it is fetched anew. */
export function useChange<T>(id: string, change: (value: T) => Promise<StoreView>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: (store) => {
      queries.setQueryData(['stores', 'one', id], store);
      void queries.invalidateQueries({ queryKey: ['stores', 'list'] });
      void queries.invalidateQueries({ queryKey: ['stores', 'changes', id] });
    },
    onError: () => void queries.invalidateQueries({ queryKey: ['stores', 'one', id] }),
  });
}
