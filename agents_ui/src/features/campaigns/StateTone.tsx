import type { Campaign, CampaignState } from './queries';
import { say } from './words';

const TONE: Record<CampaignState, string> = {
  draft: 'tone-due',
  running: 'tone-me',
  paused: 'tone-ask',
  stopped: '',
  done: 'tone-ok',
};

export function StateTone({ campaign }: { campaign: Pick<Campaign, 'state'> }) {
  return (
    <span className={`tone ${TONE[campaign.state]}`} data-state={campaign.state}>
      {say('state', campaign.state)}
    </span>
  );
}
