import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, unwrap } from '../../../api/client';
import type { components } from '../../../api/schema';

type Schemas = components['schemas'];
export type Visit = Schemas['VisitView'];
export type VisitHead = Schemas['VisitHead'];
export type VolunteerHead = Schemas['VolunteerHead'];
export type Volunteer = Schemas['VolunteerView'];
export type VolunteerForm = Schemas['NewVolunteer'];
export type Training = Schemas['NewTraining'];
export type Move = Schemas['MoveVolunteer'];
export type Asked = Schemas['AskVisit'];
export type Proof = Schemas['ProveVisit'];
export type Item = Schemas['ItemInForceView'];
export type Which = 'open' | 'over';

/** The socket tells nothing of visits: they are looked at again. */
const AGAIN_MS = 10_000;

/** What volunteers do, as the catalogue says everywhere. */
export function useItems() {
  return useQuery({
    queryKey: ['catalog', 'for-volunteers'],
    queryFn: async () => (await unwrap(api.GET('/api/catalog'))).filter((item) => item.volunteer !== 'no'),
    staleTime: 60_000,
  });
}

export function useVolunteers(q: string) {
  return useQuery({
    queryKey: ['volunteers', q],
    queryFn: () => unwrap(api.GET('/api/volunteers', { params: { query: { q } } })),
  });
}

/** With her number: a look that is written down. */
export function useVolunteer(id: string) {
  return useQuery({
    queryKey: ['volunteer', id],
    queryFn: () => unwrap(api.GET('/api/volunteers/{volunteer_id}', { params: { path: { volunteer_id: id } } })),
    staleTime: Infinity,
  });
}

export function useVisits(which: Which) {
  return useQuery({
    queryKey: ['visits', which],
    queryFn: () => unwrap(api.GET('/api/volunteer-visits', { params: { query: { which } } })),
    refetchInterval: AGAIN_MS,
  });
}

/** With proofs and history. */
export function useVisit(id: string, wanted: boolean) {
  return useQuery({
    queryKey: ['visits', id, 'whole'],
    enabled: wanted,
    queryFn: () => unwrap(api.GET('/api/volunteer-visits/{visit_id}', { params: { path: { visit_id: id } } })),
  });
}

export function useCandidates(visitId: string, wanted: boolean) {
  return useQuery({
    queryKey: ['visits', visitId, 'candidates'],
    enabled: wanted,
    queryFn: () =>
      unwrap(api.GET('/api/volunteer-visits/{visit_id}/candidates', { params: { path: { visit_id: visitId } } })),
  });
}

/** One deed; what it may have changed is read again afterwards, also when it was refused. */
export function useDeed<Body, Answer = unknown>(ask: (body: Body) => Promise<Answer>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ask,
    onSettled: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: ['visits'] }),
        queries.invalidateQueries({ queryKey: ['volunteers'] }),
        queries.invalidateQueries({ queryKey: ['volunteer'] }),
      ]),
  });
}

// --- volunteers --------------------------------------------------------------------------------------------------------

/** Whose profile as an elder it is (`elder_id`) is said only when she registers. */
export function write(known: Volunteer | null, form: Omit<VolunteerForm, 'elder_id'>): Promise<Volunteer> {
  if (known === null) return unwrap(api.POST('/api/volunteers', { body: form }));
  return unwrap(
    api.PUT('/api/volunteers/{volunteer_id}', {
      params: { path: { volunteer_id: known.id } },
      body: { ...form, version: known.version },
    }),
  );
}

export function train(volunteerId: string, body: Training) {
  return unwrap(
    api.POST('/api/volunteers/{volunteer_id}/trainings', { params: { path: { volunteer_id: volunteerId } }, body }),
  );
}

export function move(volunteerId: string, body: Move) {
  return unwrap(
    api.POST('/api/volunteers/{volunteer_id}/state', { params: { path: { volunteer_id: volunteerId } }, body }),
  );
}

// --- visits ------------------------------------------------------------------------------------------------------------

export function askFor(elderId: string, body: Asked) {
  return unwrap(api.POST('/api/elders/{elder_id}/volunteer-visits', { params: { path: { elder_id: elderId } }, body }));
}

export function offer(visit: VisitHead, volunteerId: string) {
  return unwrap(
    api.POST('/api/volunteer-visits/{visit_id}/offer', {
      params: { path: { visit_id: visit.id } },
      body: { version: visit.version, volunteer_id: volunteerId },
    }),
  );
}

/** 接单: she calls and takes it from the list. */
export function take(visit: VisitHead, volunteerId: string) {
  return unwrap(
    api.POST('/api/volunteer-visits/{visit_id}/take', {
      params: { path: { visit_id: visit.id } },
      body: { version: visit.version, volunteer_id: volunteerId },
    }),
  );
}

export function answer(visit: VisitHead, accepted: boolean) {
  return unwrap(
    api.POST('/api/volunteer-visits/{visit_id}/answer', {
      params: { path: { visit_id: visit.id } },
      body: { version: visit.version, accepted },
    }),
  );
}

export function prove(visit: VisitHead, proof: Omit<Proof, 'phase'>) {
  return unwrap(
    api.POST('/api/volunteer-visits/{visit_id}/prove', {
      params: { path: { visit_id: visit.id } },
      body: { ...proof, phase: visit.state === 'accepted' ? 'in' : 'out' },
    }),
  );
}

export function renewCode(visit: VisitHead) {
  return unwrap(
    api.POST('/api/volunteer-visits/{visit_id}/service-code', {
      params: { path: { visit_id: visit.id } },
      body: { version: visit.version },
    }),
  );
}

/** What is said about a visit, with a note of why. */
export function say(visit: VisitHead, deed: 'confirm' | 'dispute' | 'release' | 'cancel', note: string) {
  const asked = { params: { path: { visit_id: visit.id } }, body: { version: visit.version, note } };
  switch (deed) {
    case 'confirm':
      return unwrap(api.POST('/api/volunteer-visits/{visit_id}/confirm', asked));
    case 'dispute':
      return unwrap(api.POST('/api/volunteer-visits/{visit_id}/dispute', asked));
    case 'release':
      return unwrap(api.POST('/api/volunteer-visits/{visit_id}/release', asked));
    case 'cancel':
      return unwrap(api.POST('/api/volunteer-visits/{visit_id}/cancel', asked));
  }
}

/** By a supervisor: so many half hours count of what was proved, or none. */
export function decide(visit: VisitHead, halfHours: number, reason: string) {
  return unwrap(
    api.POST('/api/volunteer-visits/{visit_id}/decide', {
      params: { path: { visit_id: visit.id } },
      body: { version: visit.version, half_hours: halfHours, reason },
    }),
  );
}
