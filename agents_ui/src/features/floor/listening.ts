import type { CallView, ListenMode } from '../../api/types';

export const MODES: readonly ListenMode[] = ['listen', 'whisper', 'barge'];

export interface Listening {
  mode: ListenMode;
  /** Her telephone rings: it has not been picked up. */
  ringing: boolean;
}

/** How this supervisor is on the call; null when she is not. */
export function myListening(call: CallView, me: string): Listening | null {
  const mine = call.parties.find(
    (party) => party.role === 'supervisor' && party.agent_id === me && party.state !== 'ended',
  );
  const mode = MODES.find((one) => one === mine?.mode);
  return mine === undefined || mode === undefined ? null : { mode, ringing: mine.state === 'ringing' };
}
