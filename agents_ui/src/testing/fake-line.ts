import { vi } from 'vitest';
import type { PhoneAccount } from '../api/types';
import type { SipHandlers, SipLine, SipSession } from '../phone/line';
import type { Sound } from '../phone/phone';
import type { EndCause } from '../phone/state';

export const ACCOUNT: PhoneAccount = {
  account: 'a1',
  secret: 's',
  uri: 'sip:a1@pbx.test',
  ws_url: 'ws://pbx.test/ws',
  display_name: 'A1',
};

let numbered = 0;

/** One leg, which does what a SIP stack does: everything that ends it is told to the handlers, once. */
export class FakeSession implements SipSession {
  readonly id = `leg-${++numbered}`;
  answered = false;
  over: 'declined' | 'terminated' | 'by-others' | null = null;
  digits = '';
  /** Packets of sound that have come. */
  heard = 0;
  microphone: MediaStream | null = null;
  handlers: SipHandlers | null = null;

  constructor(
    private readonly headers: Record<string, string> = {},
    readonly remote = '07103456789',
  ) {}

  header(name: string): string | null {
    return this.headers[name] ?? null;
  }
  answer(microphone: MediaStream): void {
    this.answered = true;
    this.microphone = microphone;
  }
  packetsHeard(): Promise<number> {
    return Promise.resolve(this.heard);
  }
  useMicrophone(microphone: MediaStream): void {
    this.microphone = microphone;
  }
  decline(): void {
    this.end('declined', 'hung-up');
  }
  terminate(): void {
    this.end('terminated', 'hung-up');
  }
  sendDigits(digits: string): void {
    this.digits += digits;
  }

  /** The other side takes part: our answer was accepted, or the called party picked up. */
  accepted(): void {
    this.handlers?.onAccepted(this);
  }
  endedBy(cause: EndCause): void {
    this.end('by-others', cause);
  }
  private end(how: NonNullable<FakeSession['over']>, cause: EndCause): void {
    if (this.over !== null) return;
    this.over = how;
    this.handlers?.onEnded(this, cause);
  }
}

export class FakeLine implements SipLine {
  started = false;
  stopped = false;
  readonly called: { number: string; headers: string[]; session: FakeSession }[] = [];

  constructor(readonly handlers: SipHandlers) {}

  start(): void {
    this.started = true;
    this.handlers.onRegistration('connecting');
  }
  stop(): void {
    this.stopped = true;
  }
  call(number: string, headers: string[]): SipSession {
    const session = this.adopt(new FakeSession({}, number));
    this.called.push({ number, headers, session });
    return session;
  }

  /** The PBX rings us. */
  invite(callId: string | null, remote?: string): FakeSession {
    const session = this.adopt(new FakeSession(callId === null ? {} : { 'X-OneKey-Call': callId }, remote));
    this.handlers.onIncoming(session);
    return session;
  }
  /** The server proves this telephone by a silent call. */
  probe(): FakeSession {
    const session = this.adopt(new FakeSession({ 'X-OneKey-Probe': '1' }, ''));
    this.handlers.onIncoming(session);
    return session;
  }
  private adopt(session: FakeSession): FakeSession {
    session.handlers = this.handlers;
    return session;
  }
}

export class FakeSound implements Sound {
  /** Whether our side may be heard. */
  open = true;
  closed = 0;
  playing: MediaStream | null = null;
  /** What the next question for the microphone is answered with. */
  answer: () => Promise<MediaStream> = () => Promise.resolve({} as MediaStream);
  /** Pulls the plug. */
  lose: () => void = () => undefined;

  openMicrophone = vi.fn((onLost: () => void) => {
    this.lose = onLost;
    return this.answer();
  });
  closeMicrophone(): void {
    this.closed += 1;
  }
  setMicrophoneOpen(open: boolean): void {
    this.open = open;
  }
  play(stream: MediaStream): void {
    this.playing = stream;
  }
  silence(): void {
    this.playing = null;
  }
  levels = () => ({ in: 0.1, out: 0.2, voice: 0.2 });
  tone = (hz: number) => ({ in: hz, out: 0, voice: 0 });
}

/** In the place of the real line, where that is made inside. */
export class FakeJsSipLine extends FakeLine {
  static all: FakeJsSipLine[] = [];
  constructor(
    readonly account: PhoneAccount,
    handlers: SipHandlers,
  ) {
    super(handlers);
    FakeJsSipLine.all.push(this);
  }
  static get last(): FakeJsSipLine {
    const newest = FakeJsSipLine.all.at(-1);
    if (newest === undefined) throw new Error('there is no line yet');
    return newest;
  }
}
