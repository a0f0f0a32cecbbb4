import { api, unwrap } from '../../api/client';
import type { CalledIn } from '../../api/types';
import type { Console } from '../../app/console';
import { Store } from '../../kit/store';
import { talkingCall } from '../../live/select';
import { standingOf, type PartyAct } from './parties';

/** Spoken with alone first, and joined by a second click. Kept while the page lives. */
export const consultFirst = new Store(false);

/** Whether a click adds to our call, or makes a new one. */
export function addsTo(desk: Console): string | null {
  const call = talkingCall(desk.live.get(), desk.me.id);
  return call !== null && standingOf(call, desk.me.id) === 'on' ? call.id : null;
}

/** Somebody is called: into our call when we talk, else by our own telephone out of the case. A refusal is told; true: it is being called. */
export async function reach(desk: Console, meant: CalledIn, caseId: string | null): Promise<boolean> {
  const callId = addsTo(desk);
  try {
    if (callId !== null) {
      const answer = await unwrap(
        api.POST('/api/calls/{call_id}/parties', {
          params: { path: { call_id: callId } },
          body: { elder: false, ...meant, private: consultFirst.get() },
        }),
      );
      if (answer.outcome === 'not_done') desk.notices.notDone(answer.reason);
      return answer.outcome === 'done';
    }
    if (caseId === null) return false;
    const outside = { ...meant };
    delete outside.agent_id;
    await desk.callOut(caseId, outside);
    return true;
  } catch (error) {
    desk.notices.failed(error);
    return false;
  }
}

async function told(desk: Console, asked: Promise<{ outcome: string; reason?: string }>): Promise<void> {
  try {
    const answer = await asked;
    if (answer.outcome === 'not_done') desk.notices.notDone(answer.reason ?? '');
  } catch (error) {
    desk.notices.failed(error);
  }
}

export const actOn = (desk: Console, callId: string, legId: string, what: PartyAct): Promise<void> =>
  told(
    desk,
    unwrap(
      api.POST('/api/calls/{call_id}/parties/{leg_id}/{command}', {
        params: { path: { call_id: callId, leg_id: legId, command: what } },
      }),
    ),
  );

export const leaveCall = (desk: Console, callId: string, listen: boolean): Promise<void> =>
  told(
    desk,
    unwrap(api.POST('/api/calls/{call_id}/leave', { params: { path: { call_id: callId } }, body: { listen } })),
  );

/** Who listens is heard again; who left is rung, and her telephone picks up by itself. */
export async function comeBack(desk: Console, callId: string): Promise<void> {
  await told(desk, unwrap(api.POST('/api/calls/{call_id}/come-back', { params: { path: { call_id: callId } } })));
  if (desk.phone.get().call?.stage !== 'talking') desk.phone.answer(callId);
}

export const endForAll = (desk: Console, callId: string): Promise<void> =>
  told(
    desk,
    unwrap(api.POST('/api/calls/{call_id}/hang-up', { params: { path: { call_id: callId } }, body: { all: true } })),
  );

export const transferTo = (desk: Console, callId: string, meant: CalledIn): Promise<void> =>
  told(
    desk,
    unwrap(
      api.POST('/api/calls/{call_id}/transfer', {
        params: { path: { call_id: callId } },
        body: { elder: false, ...meant },
      }),
    ),
  );
