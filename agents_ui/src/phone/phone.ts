import type { PhoneAccount } from '../api/types';
import { Store } from '../kit/store';
import type { AudioDesk, Levels, MicrophoneProblem } from './audio';
import type { MakeLine, SipLine, SipSession } from './line';
import { Prover } from './probe';
import type { ResumeNote } from './resume';
import {
  IDLE_PHONE,
  reducePhone,
  type EndCause,
  type PhoneCall,
  type PhoneEvent,
  type PhoneState,
  type Registration,
} from './state';

const CALL_HEADER = 'X-OneKey-Call';
/** An answer pressed before the INVITE is there, or lost with its leg, stays good this long (the server is back in less). */
const ANSWER_AHEAD_MS = 12_000;
/** A leg that the other side drops so soon after our answer was never joined to the caller, where nobody knows better. */
const NEVER_JOINED_MS = 3_000;
const KEEP_NOTE_MS = 1_000;
/** From the answer until sound can flow: 100 ms are usual. Seldom the secured path never comes up, and nobody would hear anybody. */
const MEDIA_MS = 4_000;

export type Sound = Pick<
  AudioDesk,
  'openMicrophone' | 'closeMicrophone' | 'setMicrophoneOpen' | 'play' | 'silence' | 'levels' | 'tone'
>;

export interface PhoneDeps {
  /** Whether the server has joined us to this call's caller: it may take seconds while its telephony is being restarted. */
  isJoined?: (callId: string) => boolean;
  /** Asks for our leg to be given up and rung anew: it carries no sound. */
  ringAgain?: () => void;
  makeLine: MakeLine;
  sound: Sound;
  resume: ResumeNote | null;
  now?: () => number;
}

/** A telephone in the browser: one line, one call at a time. Its state is a store; components only look at it. */
export class Phone extends Store<PhoneState> {
  private line: SipLine | null = null;
  private session: SipSession | null = null;
  private microphone: MediaStream | null = null;
  private readonly prover = new Prover(() => (this.session === null ? this.microphone : null));
  private answerAhead: { callId: string; until: number } | null = null;
  private keepNote: ReturnType<typeof setInterval> | undefined;
  private mediaTimer: ReturnType<typeof setTimeout> | undefined;
  private mediaUp: string | null = null;
  /** Grows with each start and stop, so that what a start awaited can tell that it came too late. */
  private generation = 0;
  /** What the line says of itself; without a microphone people are told "failed" instead. */
  private lineSays: Registration = 'off';
  /** Signed out: a microphone that is granted only now is given back. */
  private closed = false;

  constructor(private readonly deps: PhoneDeps) {
    super(IDLE_PHONE);
  }

  private now(): number {
    return (this.deps.now ?? Date.now)();
  }

  /** The account is being asked for. */
  prepare(): void {
    if (this.line === null) this.apply({ type: 'registration', registration: 'connecting' });
  }

  /** The microphone first: a telephone that cannot speak must not look ready. */
  async start(account: PhoneAccount): Promise<void> {
    this.closed = false;
    // Giving up the line would hang up on whoever talks with us.
    if (this.line !== null && this.session !== null) return this.mendCall();
    this.stop();
    const generation = ++this.generation;
    this.apply({ type: 'registration', registration: 'connecting' });
    const granted = await this.openMicrophone();
    if (generation !== this.generation) return;
    if (!granted) {
      this.apply({ type: 'registration', registration: 'failed' });
      return;
    }
    // A line that was given up still says goodbye; that is not our state any more.
    const current = (): boolean => generation === this.generation;
    this.line = this.deps.makeLine(
      account,
      this.prover.around({
        onRegistration: (registration) => current() && this.heardOfLine(registration),
        onIncoming: (session) => (current() ? this.take(session) : session.decline()),
        onAccepted: (session) => this.accepted(session),
        onMedia: (session, state) => this.heardOfMedia(session, state),
        onRemoteStream: (session, stream) => this.session?.id === session.id && this.deps.sound.play(stream),
        onEnded: (session, cause) => this.ended(session, cause),
      }),
    );
    this.line.start();
  }

  stop(): void {
    this.generation += 1;
    this.answerAhead = null;
    this.leaveLine();
    this.apply({ type: 'registration', registration: 'off' });
  }

  markElsewhere(): void {
    this.stop();
    this.apply({ type: 'registration', registration: 'elsewhere' });
  }

  /** Also gives back the device; after sign-out nobody listens. */
  close(): void {
    this.closed = true;
    this.stop();
    this.deps.sound.closeMicrophone();
    this.microphone = null;
    this.apply({ type: 'microphone', microphone: 'unknown' });
  }

  /** Harmless twice. With a call id it also holds for an INVITE that is still on its way. */
  answer(callId?: string): void {
    const call = this.get().call;
    if (call?.stage === 'ringing' && (callId === undefined || call.callId === callId)) {
      this.answerNow();
    } else if (callId !== undefined && call === null) {
      this.answerAhead = { callId, until: this.now() + ANSWER_AHEAD_MS };
    }
  }

  decline(): void {
    if (this.get().call?.stage === 'ringing') this.session?.decline();
  }

  hangUp(): void {
    this.deps.resume?.forget();
    this.answerAhead = null;
    const call = this.get().call;
    if (call === null) return;
    if (call.stage === 'ringing') this.session?.decline();
    else this.session?.terminate();
  }

  /** Dials; only the training telephone does. */
  dial(number: string, headers: string[]): void {
    if (this.line === null || this.microphone === null || this.session !== null) return;
    this.deps.sound.setMicrophoneOpen(true);
    const session = this.line.call(number, headers, this.microphone);
    this.session = session;
    this.apply({ type: 'dialling', session: session.id, remote: number });
  }

  /** Only while talking: answering opens the microphone. */
  setMuted(muted: boolean): void {
    if (this.get().call?.stage !== 'talking') return;
    this.deps.sound.setMicrophoneOpen(!muted);
    this.apply({ type: 'muted', muted });
  }

  sendDigits(digits: string): void {
    if (this.get().call?.stage === 'talking') this.session?.sendDigits(digits);
  }

  state = (): PhoneState => this.get();
  levels = (): Levels => this.deps.sound.levels();
  tone = (hz: number): Levels => this.deps.sound.tone(hz);

  private async openMicrophone(): Promise<boolean> {
    this.apply({ type: 'microphone', microphone: 'asking' });
    let microphone: MediaStream | null = null;
    let problem: MicrophoneProblem = 'missing';
    try {
      microphone = await this.deps.sound.openMicrophone(() => this.microphoneLost());
    } catch (thrown) {
      problem = thrown as MicrophoneProblem;
    }
    if (this.closed) {
      this.close();
      return false;
    }
    this.microphone = microphone;
    this.apply({ type: 'microphone', microphone: microphone === null ? problem : 'granted' });
    return microphone !== null;
  }

  /** A telephone that cannot speak must not look ready. Who talks with us is still heard, and is not hung up on. */
  private microphoneLost(): void {
    this.deps.sound.closeMicrophone();
    this.microphone = null;
    this.apply({ type: 'microphone', microphone: 'missing' });
    const call = this.get().call;
    if (call === null || call.stage === 'ringing') this.leaveLine();
    this.apply({ type: 'registration', registration: 'failed' });
  }

  /** The headset is plugged in again in mid-call: the leg goes on with the new microphone. */
  private async mendCall(): Promise<void> {
    if (this.microphone !== null) return;
    const generation = this.generation;
    if (!(await this.openMicrophone()) || generation !== this.generation || this.microphone === null) return;
    this.session?.useMicrophone(this.microphone);
    this.deps.sound.setMicrophoneOpen(this.get().call?.muted !== true);
    this.apply({ type: 'registration', registration: this.lineSays });
  }

  private heardOfLine(registration: Registration): void {
    this.lineSays = registration;
    if (this.microphone !== null) this.apply({ type: 'registration', registration });
  }

  private leaveLine(): void {
    const line = this.line;
    if (line === null) return;
    this.generation += 1;
    this.line = null;
    line.stop();
  }

  private take(session: SipSession): void {
    const callId = session.header(CALL_HEADER);
    const current = this.get().call;
    const wasAnswered = current !== null && current.stage !== 'ringing';
    if (current !== null) {
      // The same call rings again: our old leg is dead, even if we have not heard of it. Another call: we are busy.
      if (callId === null || current.callId !== callId) {
        session.decline();
        return;
      }
      const dead = this.session;
      this.session = session;
      dead?.terminate();
    }
    this.session = session;
    this.apply({ type: 'incoming', session: session.id, callId, remote: session.remote });
    const ahead =
      this.answerAhead !== null && this.answerAhead.callId === callId && this.now() <= this.answerAhead.until;
    const wasTalking = callId !== null && (this.deps.resume?.isFor(callId) ?? false);
    if (ahead || wasAnswered || wasTalking) this.answerNow();
  }

  private answerNow(): void {
    if (this.session === null || this.microphone === null) return;
    this.answerAhead = null;
    this.deps.sound.setMicrophoneOpen(true);
    this.apply({ type: 'answering', session: this.session.id });
    this.session.answer(this.microphone);
  }

  private accepted(session: SipSession): void {
    if (this.session?.id !== session.id) return;
    this.apply({ type: 'talking', session: session.id, at: this.now() });
    if (this.mediaUp !== session.id) this.waitForMedia(session);
    const callId = this.get().call?.callId;
    if (callId === undefined || callId === null || this.deps.resume === null) return;
    const note = this.deps.resume;
    note.keep(callId);
    clearInterval(this.keepNote);
    this.keepNote = setInterval(() => note.keep(callId), KEEP_NOTE_MS);
  }

  private ended(session: SipSession, cause: EndCause): void {
    if (this.session?.id !== session.id) return;
    clearInterval(this.keepNote);
    clearTimeout(this.mediaTimer);
    // A leg that failed may be rung again for the same call; one that was ended by a person must not answer by itself.
    if (cause !== 'failed') this.deps.resume?.forget();
    const call = this.get().call;
    if (call !== null && call.callId !== null && this.neverJoined(call, cause))
      this.answerAhead = { callId: call.callId, until: this.now() + ANSWER_AHEAD_MS };
    this.session = null;
    this.deps.sound.silence();
    this.deps.sound.setMicrophoneOpen(true);
    this.apply({ type: 'ended', session: session.id, cause, at: this.now() });
    if (this.microphone === null) this.leaveLine();
  }

  private heardOfMedia(session: SipSession, state: 'up' | 'shaky' | 'gone'): void {
    if (this.session?.id !== session.id) return;
    if (state === 'up') {
      this.mediaUp = session.id;
      clearTimeout(this.mediaTimer);
    } else if (this.get().call?.stage === 'talking') {
      if (state === 'gone') this.askForNewLeg(session);
      else this.waitForMedia(session);
    }
  }

  private waitForMedia(session: SipSession): void {
    clearTimeout(this.mediaTimer);
    this.mediaTimer = setTimeout(() => this.askForNewLeg(session), MEDIA_MS);
  }

  /** The caller stays where she is; only our way to her is laid anew. What is rung for the same call is answered by itself. */
  private askForNewLeg(session: SipSession): void {
    const call = this.get().call;
    if (this.session?.id !== session.id || call === null || call.callId === null || call.stage !== 'talking') return;
    this.answerAhead = { callId: call.callId, until: this.now() + ANSWER_AHEAD_MS };
    this.deps.ringAgain?.();
    this.waitForMedia(session); // nobody may have heard it
  }

  /** Answered by the agent, and dropped before anybody joined: when it rings again for the same call, the answer still holds. */
  private neverJoined(call: PhoneCall, cause: EndCause): boolean {
    if (call.direction !== 'in' || (cause !== 'remote' && cause !== 'failed')) return false;
    if (call.stage === 'answering') return true;
    if (this.deps.isJoined && call.callId !== null) return !this.deps.isJoined(call.callId);
    return call.talkingSince !== null && this.now() - call.talkingSince < NEVER_JOINED_MS;
  }

  private apply(event: PhoneEvent): void {
    this.update((state) => reducePhone(state, event));
  }
}
