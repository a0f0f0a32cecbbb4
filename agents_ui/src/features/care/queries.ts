import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, unwrap } from '../../api/client';
import type { components } from '../../api/schema';

type Schemas = components['schemas'];
export type Care = Schemas['CareOfElder'];
export type CarePlan = Schemas['CarePlanView'];
export type CareKind = Schemas['CareKind'];
export type CareCall = Schemas['CareCallView'];
export type Rhythm = Schemas['Rhythm'];
export type SetCarePlan = Schemas['SetCarePlan'];

/** Each look is written down: not again by itself. */
export function useCare(elderId: string) {
  return useQuery({
    queryKey: ['care', elderId],
    queryFn: () => unwrap(api.GET('/api/elders/{elder_id}/care', { params: { path: { elder_id: elderId } } })),
    refetchOnWindowFocus: false,
  });
}

function useShown(elderId: string, onDone: () => void) {
  const queries = useQueryClient();
  return (fresh: Care): void => {
    queries.setQueryData(['care', elderId], fresh);
    onDone();
  };
}

export function useSetPlan(elderId: string, kind: CareKind, onDone: () => void) {
  return useMutation({
    mutationFn: (body: SetCarePlan) =>
      unwrap(
        api.PUT('/api/elders/{elder_id}/care-plans/{care_kind}', {
          params: { path: { elder_id: elderId, care_kind: kind } },
          body,
        }),
      ),
    onSuccess: useShown(elderId, onDone),
  });
}

export function useEndPlan(elderId: string, planId: string, onDone: () => void) {
  return useMutation({
    mutationFn: (reason: string) =>
      unwrap(api.POST('/api/care-plans/{plan_id}/end', { params: { path: { plan_id: planId } }, body: { reason } })),
    onSuccess: useShown(elderId, onDone),
  });
}
