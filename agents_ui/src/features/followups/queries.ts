import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, unwrap } from '../../api/client';
import type { components } from '../../api/schema';

type Schemas = components['schemas'];
export type FollowUp = Schemas['FollowUpView'];
export type FollowUpDetail = Schemas['FollowUpDetail'];
export type FollowUpList = Schemas['FollowUpList'];
export type Attempt = Schemas['PlanAttempt'];
export type TextReply = Schemas['TextReply'];
export type Pressed = Schemas['Pressed'];
export type Purpose = Schemas['Purpose'];
export type Result = Schemas['Result'];
export type DrawView = Schemas['DrawView'];
export type Look = 'people' | 'mine' | 'today' | 'open' | 'done' | 'sample';

/** The socket tells nothing of planned calls: they are looked at again. */
const AGAIN_MS = 4_000;
export const PAGE = 50;

export interface Wanted {
  look: Look;
  purpose: Purpose | null;
  result: Result | null;
  offset: number;
}

export function useFollowUps({ look, purpose, result, offset }: Wanted) {
  return useQuery({
    queryKey: ['follow-ups', look, purpose, result, offset],
    queryFn: () =>
      unwrap(
        api.GET('/api/follow-ups', {
          params: { query: { look, offset, ...(purpose !== null && { purpose }), ...(result !== null && { result }) } },
        }),
      ),
    placeholderData: (before) => before,
    refetchInterval: AGAIN_MS,
  });
}

/** Each look at a whole one is written down: again only when the list says that it changed. */
export function useFollowUp(planId: string, version: number) {
  return useQuery({
    queryKey: ['follow-up', planId, version],
    queryFn: () => unwrap(api.GET('/api/follow-ups/{plan_id}', { params: { path: { plan_id: planId } } })),
    placeholderData: (before) => (before?.id === planId ? before : undefined),
    staleTime: Infinity,
  });
}

export function useCaseFollowUps(caseId: string, asks: boolean) {
  return useQuery({
    queryKey: ['case-follow-ups', caseId],
    queryFn: () => unwrap(api.GET('/api/cases/{case_id}/follow-ups', { params: { path: { case_id: caseId } } })),
    enabled: asks,
    refetchInterval: AGAIN_MS,
  });
}

export function useDraw() {
  return useQuery({ queryKey: ['follow-up-draw'], queryFn: () => unwrap(api.GET('/api/follow-ups/draw')) });
}

type Act =
  | { act: 'take' }
  | { act: 'finish'; result: 'spoken' | 'not_reached'; rating: number | null; note: string }
  | { act: 'put-off'; due_at: string }
  | { act: 'drop'; reason: string };

function ask(planId: string, body: Act): Promise<FollowUpDetail> {
  const params = { path: { plan_id: planId } };
  switch (body.act) {
    case 'take':
      return unwrap(api.POST('/api/follow-ups/{plan_id}/take', { params }));
    case 'finish':
      return unwrap(
        api.POST('/api/follow-ups/{plan_id}/finish', {
          params,
          body: { result: body.result, rating: body.rating, note: body.note },
        }),
      );
    case 'put-off':
      return unwrap(api.POST('/api/follow-ups/{plan_id}/put-off', { params, body: { due_at: body.due_at } }));
    case 'drop':
      return unwrap(api.POST('/api/follow-ups/{plan_id}/drop', { params, body: { reason: body.reason } }));
  }
}

/** What is done to one; whoever shows it hears of it at once. */
export function useAct(planId: string, onDone?: (done: FollowUpDetail) => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Act) => ask(planId, body),
    onSuccess: (done) => {
      queries.setQueryData(['follow-up', planId, done.version], done);
      void queries.invalidateQueries({ queryKey: ['follow-ups'] });
      void queries.invalidateQueries({ queryKey: ['case-follow-ups'] });
      if (done.case_id !== null) void queries.invalidateQueries({ queryKey: ['case', done.case_id] });
      onDone?.(done);
    },
  });
}
