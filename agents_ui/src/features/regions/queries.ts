import { useQuery, useQueryClient } from '@tanstack/react-query';
import { api, unwrap } from '../../api/client';
import type { components } from '../../api/schema';

type Schemas = components['schemas'];
export type RegionView = Schemas['RegionView'];
export type WorkerView = Schemas['WorkerView'];
export type MapCase = Schemas['MapCase'];
export type MapCounts = Schemas['MapCounts'];
export type RegionPanelData = Schemas['RegionPanel'];
export type OnDutyNow = Schemas['OnDutyNow'];
export type TurnView = Schemas['TurnView'];
export type RotaView = Schemas['RotaView'];
export type RotaForm = Schemas['RotaForm'];
export type ProblemView = Schemas['ProblemView'];
export type RotaPreview = Schemas['RotaPreview'];
export type ShiftForm = Schemas['ShiftForm'];
export type ExceptionForm = Schemas['ExceptionForm'];
export type DutyPerson = Schemas['DutyPersonView'];
export type DutyLevel = Schemas['Level'];
export type WorkerRole = Schemas['WorkerRole'];

const MINUTE = 60_000;

export function useRegions() {
  return useQuery({
    queryKey: ['regions'],
    queryFn: () => unwrap(api.GET('/api/regions')),
    staleTime: 5 * MINUTE,
  });
}

export function useBoundaries() {
  return useQuery({
    queryKey: ['regions', 'boundaries'],
    queryFn: () => unwrap(api.GET('/api/regions/boundaries')),
    staleTime: 30 * MINUTE,
  });
}

export function useMap() {
  return useQuery({
    queryKey: ['regions', 'map'],
    queryFn: () => unwrap(api.GET('/api/regions/map')),
    refetchInterval: 15_000,
  });
}

export function usePanel(regionId: string | null) {
  return useQuery({
    queryKey: ['regions', 'panel', regionId],
    queryFn: () =>
      unwrap(api.GET('/api/regions/{region_id}/panel', { params: { path: { region_id: regionId ?? '' } } })),
    enabled: regionId !== null,
  });
}

export function useWorkers() {
  return useQuery({ queryKey: ['grid-workers'], queryFn: () => unwrap(api.GET('/api/grid-workers')) });
}

/** Asked anew each minute: a shift begins by itself. */
export function useOnDuty() {
  return useQuery({
    queryKey: ['duty', 'now'],
    queryFn: () => unwrap(api.GET('/api/duty/now')),
    refetchInterval: MINUTE,
    staleTime: 0,
  });
}

export function useRota() {
  return useQuery({ queryKey: ['duty', 'rota'], queryFn: () => unwrap(api.GET('/api/duty/rota')) });
}

export function useDutyPeople() {
  return useQuery({ queryKey: ['duty', 'people'], queryFn: () => unwrap(api.GET('/api/duty/people')) });
}

export function useDutyTelephones() {
  return useQuery({ queryKey: ['duty', 'telephones'], queryFn: () => unwrap(api.GET('/api/duty/telephones')) });
}

/** Everything of this kind is fetched anew. */
export function useRefresh(...keys: ('regions' | 'grid-workers' | 'duty')[]) {
  const queries = useQueryClient();
  return async (): Promise<void> => {
    await Promise.all(keys.map((key) => queries.invalidateQueries({ queryKey: [key] })));
  };
}
