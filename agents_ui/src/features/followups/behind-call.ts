import type { CallView } from '../../api/types';
import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { useCaseFollowUps, type FollowUp } from './queries';

/** What a program asked on this call before it rang for a person, with its answer; null: something else, or not for us. */
export function usePlanBehind(call: CallView): FollowUp | null {
  const { me } = useConsole();
  const asks = call.kind === 'automatic' && call.case_id !== null && may(me, 'outreach:read');
  const found = useCaseFollowUps(call.case_id ?? '', asks);
  return (asks && found.data?.find((plan) => plan.done_at !== null && plan.done_at >= call.received_at)) || null;
}
