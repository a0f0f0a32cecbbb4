/** `elsewhere`: another tab of this browser holds the telephone. `failed`: the PBX refuses us, or there is no microphone. */
export type Registration = 'off' | 'elsewhere' | 'connecting' | 'registered' | 'unregistered' | 'failed';
export type Microphone = 'unknown' | 'asking' | 'granted' | 'denied' | 'missing';
export type Stage = 'ringing' | 'answering' | 'dialling' | 'talking';

/** Why a leg ended, as the telephone saw it. */
export type EndCause = 'hung-up' | 'remote' | 'cancelled' | 'declined' | 'busy' | 'no-answer' | 'failed';

export interface PhoneCall {
  /** Of the SIP session; two legs of one call differ in it. */
  session: string;
  /** The call centre's call, from X-OneKey-Call; null for a call that it did not name. */
  callId: string | null;
  direction: 'in' | 'out';
  stage: Stage;
  /** The other side as the telephone network names it. */
  remote: string;
  muted: boolean;
  /** When the leg was answered (ms, this machine's clock). */
  talkingSince: number | null;
}

export interface PhoneState {
  registration: Registration;
  microphone: Microphone;
  call: PhoneCall | null;
  lastEnd: { session: string; callId: string | null; cause: EndCause; at: number } | null;
}

export const IDLE_PHONE: PhoneState = { registration: 'off', microphone: 'unknown', call: null, lastEnd: null };

export type PhoneEvent =
  | { type: 'registration'; registration: Registration }
  | { type: 'microphone'; microphone: Microphone }
  | { type: 'incoming'; session: string; callId: string | null; remote: string }
  | { type: 'dialling'; session: string; remote: string }
  | { type: 'answering'; session: string }
  | { type: 'talking'; session: string; at: number }
  | { type: 'muted'; muted: boolean }
  | { type: 'ended'; session: string; cause: EndCause; at: number };

/** The telephone's state machine. An event of a session that is not the current one changes nothing. */
export function reducePhone(state: PhoneState, event: PhoneEvent): PhoneState {
  switch (event.type) {
    case 'registration':
      return state.registration === event.registration ? state : { ...state, registration: event.registration };
    case 'microphone':
      return state.microphone === event.microphone ? state : { ...state, microphone: event.microphone };
    case 'incoming':
      return { ...state, call: newCall(event.session, event.callId, 'in', 'ringing', event.remote) };
    case 'dialling':
      return { ...state, call: newCall(event.session, null, 'out', 'dialling', event.remote) };
    default:
      return reduceCall(state, event);
  }
}

type CallEvent = Extract<PhoneEvent, { type: 'answering' | 'talking' | 'muted' | 'ended' }>;

function reduceCall(state: PhoneState, event: CallEvent): PhoneState {
  const call = state.call;
  if (call === null) return state;
  if (event.type === 'muted')
    return call.muted === event.muted ? state : { ...state, call: { ...call, muted: event.muted } };
  if (event.session !== call.session) return state;
  switch (event.type) {
    case 'answering':
      return call.stage === 'ringing' ? { ...state, call: { ...call, stage: 'answering' } } : state;
    case 'talking':
      return call.stage === 'talking'
        ? state
        : { ...state, call: { ...call, stage: 'talking', talkingSince: event.at } };
    case 'ended':
      return {
        ...state,
        call: null,
        lastEnd: { session: call.session, callId: call.callId, cause: event.cause, at: event.at },
      };
  }
}

function newCall(
  session: string,
  callId: string | null,
  direction: 'in' | 'out',
  stage: Stage,
  remote: string,
): PhoneCall {
  return { session, callId, direction, stage, remote, muted: false, talkingSince: null };
}
