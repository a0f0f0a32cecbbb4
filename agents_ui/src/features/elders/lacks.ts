import { useQuery } from '@tanstack/react-query';
import { api, unwrap } from '../../api/client';
import type { Grade, Lack } from '../../api/types';

/** Where in the profile's form each is filled in; a list is found by its part of the page. */
export const FIELD_OF: Record<Lack, string> = {
  street: 'street_address',
  building: 'building',
  door: 'door',
  position_far: 'latitude',
  key: 'contacts',
  number: 'numbers',
  number_form: 'numbers',
  contact: 'contacts',
  position: 'latitude',
  entrance: 'entrance_hint',
  lift: 'has_lift',
  health: 'health.chronic_illness',
  living: 'living',
  contact_ended: 'contacts',
  floor: 'floor',
  hearing: 'hearing',
  hospital: 'preferred_hospital',
  grid: 'grid_id',
};

export const profileAt = (elderId: string, lack: Lack): string =>
  `/elders/${elderId}?${new URLSearchParams({ field: FIELD_OF[lack] }).toString()}`;

/** Part of a whole in percent of a bar's width; what is there is never too thin to be seen. */
export const width = (part: number, whole: number): string =>
  part === 0 || whole === 0 ? '0' : `${Math.max(2, (100 * part) / whole).toFixed(1)}%`;

export interface LacksAsked {
  region_id?: string;
  lack?: Lack;
  grade?: Grade;
}

export function useLacksOverview(region: string | null) {
  return useQuery({
    queryKey: ['address-checks', region],
    queryFn: () =>
      unwrap(api.GET('/api/address-checks', { params: { query: region === null ? {} : { region_id: region } } })),
    placeholderData: (previous) => previous,
  });
}

export function useLacking(asked: LacksAsked, offset: number) {
  return useQuery({
    queryKey: ['address-checks', 'elders', asked, offset],
    queryFn: () => unwrap(api.GET('/api/address-checks/elders', { params: { query: { ...asked, offset } } })),
    placeholderData: (previous) => previous,
  });
}
