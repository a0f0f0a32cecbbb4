import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, unwrap } from '../../api/client';
import type { components } from '../../api/schema';

type Schemas = components['schemas'];
export type Campaign = Schemas['CampaignView'];
export type CampaignState = Schemas['CampaignState'];
export type Progress = Schemas['CampaignProgress'];
export type CareCall = Schemas['CareCallView'];
export type Chosen = Schemas['Chosen'];
export type NewCampaign = Schemas['NewCampaignForm'];
export type Act = 'start' | 'pause' | 'stop';

/** The socket tells nothing of campaigns: they are looked at again. */
const AGAIN_MS = 3_000;
const ALL = ['campaigns'];

export function useCampaigns() {
  return useQuery({
    queryKey: ALL,
    queryFn: () => unwrap(api.GET('/api/campaigns')),
    refetchInterval: AGAIN_MS,
  });
}

export function useSentences() {
  return useQuery({
    queryKey: ['campaign-prompts'],
    queryFn: () => unwrap(api.GET('/api/campaigns/prompts')),
    staleTime: 5 * 60_000,
  });
}

/** Who is called now, asked for a person or was not reached. One that is over does not change any more. */
export function useCampaignCalls(campaign: Campaign) {
  const goes = campaign.state === 'running' || campaign.state === 'paused';
  return useQuery({
    queryKey: ['campaign-calls', campaign.id, goes ? '' : campaign.version],
    queryFn: () =>
      unwrap(api.GET('/api/campaigns/{campaign_id}/calls', { params: { path: { campaign_id: campaign.id } } })),
    enabled: campaign.state !== 'draft',
    refetchInterval: goes ? AGAIN_MS : false,
  });
}

function ask(campaignId: string, act: Act): Promise<Campaign> {
  const params = { path: { campaign_id: campaignId } };
  switch (act) {
    case 'start':
      return unwrap(api.POST('/api/campaigns/{campaign_id}/start', { params }));
    case 'pause':
      return unwrap(api.POST('/api/campaigns/{campaign_id}/pause', { params }));
    case 'stop':
      return unwrap(api.POST('/api/campaigns/{campaign_id}/stop', { params }));
  }
}

/** The answer is shown at once; a look that was under way when it was asked is thrown away. */
function useShown() {
  const queries = useQueryClient();
  return {
    onMutate: () => queries.cancelQueries({ queryKey: ALL }),
    show: (fresh: Campaign): void => {
      queries.setQueryData<Campaign[]>(ALL, (before = []) =>
        before.some((one) => one.id === fresh.id)
          ? before.map((one) => (one.id === fresh.id ? fresh : one))
          : [fresh, ...before],
      );
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ALL }),
  };
}

export function useAct(campaignId: string) {
  const { onMutate, onSettled, show } = useShown();
  return useMutation({ mutationFn: (act: Act) => ask(campaignId, act), onMutate, onSettled, onSuccess: show });
}

export function useMake(onDone: (made: Campaign) => void) {
  const { onMutate, onSettled, show } = useShown();
  return useMutation({
    mutationFn: (body: NewCampaign) => unwrap(api.POST('/api/campaigns', { body })),
    onMutate,
    onSettled,
    onSuccess: (made) => {
      show(made);
      onDone(made);
    },
  });
}
