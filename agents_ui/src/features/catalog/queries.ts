import { useMutation, useQuery, useQueryClient, type UseMutationResult } from '@tanstack/react-query';
import { api, unwrap } from '../../api/client';
import type { components } from '../../api/schema';

type Schemas = components['schemas'];
export type VersionItem = Schemas['VersionItem'];
export type VersionLine = Schemas['CatalogVersionLine'];
export type ItemInForce = Schemas['ItemInForceView'];
export type ItemForm = Schemas['ItemForm'];
export type ItemDiff = Schemas['ItemDiff'];
export type Licence = Schemas['LicenceView'];
export type Localisation = Schemas['LocalisationView'];
export type Report = Schemas['CatalogReport'];
export type CatalogEdit = Schemas['CatalogEdit'];
export type CatalogFile = Schemas['CatalogFile'];
export type NewLocalisation = Schemas['NewLocalisation'];

const ALL = ['catalog'];

export function useVersions() {
  return useQuery({ queryKey: [...ALL, 'versions'], queryFn: () => unwrap(api.GET('/api/catalog/versions')) });
}

/** A version never changes; only whether it is in force does. */
export function useVersion(number: number | undefined) {
  return useQuery({
    queryKey: [...ALL, 'version', number],
    queryFn: () => unwrap(api.GET('/api/catalog/versions/{number}', { params: { path: { number: number ?? 0 } } })),
    enabled: number !== undefined,
  });
}

export function useChanges(number: number) {
  return useQuery({
    queryKey: [...ALL, 'changes', number],
    queryFn: () => unwrap(api.GET('/api/catalog/versions/{number}/changes', { params: { path: { number } } })),
  });
}

/** As it is in force in a community. */
export function useInForce(communityId: string | null) {
  return useQuery({
    queryKey: [...ALL, 'in-force', communityId],
    queryFn: () =>
      unwrap(api.GET('/api/catalog', { params: { query: communityId === null ? {} : { community_id: communityId } } })),
    enabled: communityId !== null,
  });
}

export function useLicences() {
  return useQuery({
    queryKey: [...ALL, 'licences'],
    queryFn: () => unwrap(api.GET('/api/catalog/licences')),
    staleTime: Infinity,
  });
}

export function useLocalisations() {
  return useQuery({
    queryKey: [...ALL, 'localisations'],
    queryFn: () => unwrap(api.GET('/api/catalog/localisations')),
  });
}

/** Something is changed; whatever is known of the catalogue is read anew, also when it was refused. */
function useCatalogChange<Body, Answer>(
  change: (body: Body) => Promise<Answer>,
): UseMutationResult<Answer, Error, Body> {
  const queries = useQueryClient();
  return useMutation({ mutationFn: change, onSettled: () => queries.invalidateQueries({ queryKey: ALL }) });
}

export function useEdit() {
  return useCatalogChange((body: CatalogEdit) => unwrap(api.POST('/api/catalog/versions', { body })));
}

export function useWithdraw() {
  return useCatalogChange((number: number) =>
    unwrap(
      api.POST('/api/catalog/versions/{number}/withdraw', { params: { path: { number } }, body: { seen: number } }),
    ),
  );
}

/** Only looks, so nothing is read anew. */
export function useLook() {
  return useMutation({
    mutationFn: (body: CatalogFile) => unwrap(api.POST('/api/catalog/import', { body: { ...body, dry_run: true } })),
  });
}

export function useImport() {
  return useCatalogChange((body: CatalogFile) => unwrap(api.POST('/api/catalog/import', { body })));
}

export function useLocalise() {
  return useCatalogChange((body: NewLocalisation) => unwrap(api.POST('/api/catalog/localisations', { body })));
}
