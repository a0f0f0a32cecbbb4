import type { PhoneAccount } from '../api/types';
import type { EndCause } from './state';

/** What the telephone needs of a SIP stack, so that its logic can be tested without one. */
export interface SipSession {
  readonly id: string;
  readonly remote: string;
  header(name: string): string | null;
  /** Harmless after the end. */
  answer(microphone: MediaStream): void;
  decline(): void;
  terminate(): void;
  sendDigits(digits: string): void;
  /** Packets of sound that have come from the other side. */
  packetsHeard(): Promise<number>;
  /** In mid-call, after the first microphone was lost. */
  useMicrophone(microphone: MediaStream): void;
}

export interface SipHandlers {
  onRegistration(state: 'connecting' | 'registered' | 'unregistered' | 'failed'): void;
  onIncoming(session: SipSession): void;
  onAccepted(session: SipSession): void;
  /** Whether sound can flow: the secured path to the PBX stands, is shaky, or is gone. */
  onMedia(session: SipSession, state: 'up' | 'shaky' | 'gone'): void;
  onRemoteStream(session: SipSession, stream: MediaStream): void;
  onEnded(session: SipSession, cause: EndCause): void;
}

export interface SipLine {
  start(): void;
  /** Unregisters and closes; a live call ends with it. */
  stop(): void;
  call(number: string, headers: string[], microphone: MediaStream): SipSession;
}

export type MakeLine = (account: PhoneAccount, handlers: SipHandlers) => SipLine;
