import { useEffect, useRef } from 'react';
import { api, unwrap } from '../../api/client';
import { useConsole } from '../../app/console-context';
import { talkingCall } from '../../live/select';
import type { Console } from '../../app/console';

export type Action = 'answer' | 'hang-up' | 'mute' | 'hold' | 'order' | 'emergency' | 'search';

/** Which action a key means (docs/decisions.md "Keyboard"); null: the browser's business. */
export function actionOf(
  event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>,
): Action | null {
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey;
  if (plain && event.key === 'F2') return 'answer';
  if (plain && event.key === 'F4') return 'hang-up';
  if (plain && event.key === 'F6') return 'mute';
  if (plain && event.key === 'F7') return 'hold';
  if (plain && event.key === 'F8') return 'order';
  if (plain && event.key === 'F9') return 'emergency';
  const command = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
  return command && event.key.toLowerCase() === 'k' ? 'search' : null;
}

/** Hold or resume, by the server; what it says is told by its events and, when not done, as a notice. */
export async function toggleHold(desk: Console): Promise<void> {
  const call = talkingCall(desk.live.get(), desk.me.id);
  if (call === null) return;
  const command = call.on_hold ? 'resume' : 'hold';
  try {
    const answer = await unwrap(
      api.POST('/api/calls/{call_id}/{command}', { params: { path: { call_id: call.id, command } } }),
    );
    if (answer.outcome === 'not_done') desk.notices.notDone(answer.reason);
  } catch (error) {
    desk.notices.failed(error);
  }
}

export function toggleMute(desk: Console): void {
  const call = desk.phone.get().call;
  if (call?.stage === 'talking') desk.phone.setMuted(!call.muted);
}

interface Acts {
  onSearch: () => void;
  onOrder: () => void;
  onEmergency: () => void;
}

export function useKeys(acts: Acts): void {
  const { desk } = useConsole();
  const latest = useRef(acts);
  useEffect(() => {
    latest.current = acts;
  });
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      const action = actionOf(event);
      if (action === null) return;
      event.preventDefault();
      if (event.repeat) return;
      if (action === 'answer') desk.answer();
      else if (action === 'hang-up') desk.hangUp();
      else if (action === 'mute') toggleMute(desk);
      else if (action === 'hold') void toggleHold(desk);
      else if (action === 'order') latest.current.onOrder();
      else if (action === 'emergency') latest.current.onEmergency();
      else latest.current.onSearch();
    };
    window.addEventListener('keydown', pressed);
    return () => window.removeEventListener('keydown', pressed);
  }, [desk]);
}
