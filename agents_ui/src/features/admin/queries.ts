import { useMutation, useQuery, useQueryClient, type QueryKey, type UseMutationResult } from '@tanstack/react-query';
import { api, unwrap } from '../../api/client';
import type { components } from '../../api/schema';

type Schemas = components['schemas'];
export type Person = Schemas['PersonView'];
export type Team = Schemas['TeamView'];
export type Line = Schemas['LineView'];
export type OptionList = Schemas['OptionList'];
export type OptionKind = Schemas['OptionKind'];
export type Opening = Schemas['OpeningChange'];
export type Setting = Schemas['SettingView'];
export type SettingChange = Schemas['SettingChangeView'];
export type Region = Schemas['RegionView'];

export const PEOPLE = ['admin', 'people'];
export const TEAMS = ['admin', 'teams'];
export const LINES = ['admin', 'lines'];
export const LISTS = ['admin', 'lists'];
export const OPENINGS = ['admin', 'openings'];
export const SETTINGS = ['admin', 'settings'];

export function usePeople() {
  return useQuery({
    queryKey: PEOPLE,
    queryFn: async () => (await unwrap(api.GET('/api/users'))).people,
    refetchInterval: 15_000, // who is in a call changes by itself
  });
}

export function useTeams() {
  return useQuery({ queryKey: TEAMS, queryFn: async () => (await unwrap(api.GET('/api/teams'))).teams });
}

export function useLines() {
  return useQuery({ queryKey: LINES, queryFn: async () => (await unwrap(api.GET('/api/lines'))).lines });
}

export function useLists() {
  return useQuery({ queryKey: LISTS, queryFn: async () => (await unwrap(api.GET('/api/option-lists'))).lists });
}

export function useList(kind: OptionKind): OptionList['options'] {
  return useLists().data?.find((list) => list.kind === kind)?.options ?? [];
}

export function useOpenings() {
  return useQuery({ queryKey: OPENINGS, queryFn: async () => (await unwrap(api.GET('/api/openings'))).openings });
}

/** `on`: a day as 2026-03-02; null: now. */
export function useSettings(on: string | null) {
  return useQuery({
    queryKey: [...SETTINGS, on],
    queryFn: () => unwrap(api.GET('/api/settings', { params: { query: on === null ? {} : { on } } })),
  });
}

export function useRegions() {
  return useQuery({ queryKey: ['regions'], queryFn: () => unwrap(api.GET('/api/regions')), staleTime: 60_000 });
}

/** Something is changed, and what was read of it is read anew. */
export function useChange<Body, Answer>(
  change: (body: Body) => Promise<Answer>,
  ...stale: QueryKey[]
): UseMutationResult<Answer, Error, Body> {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () =>
      Promise.all([...stale, ['options']].map((queryKey) => queries.invalidateQueries({ queryKey }))).then(
        () => undefined,
      ),
  });
}
