import { api, unwrap } from '../api/client';
import type { ClientMessage, PhoneAccount } from '../api/types';
import { local } from '../kit/storage';
import { AudioDesk, wantsRawAudio } from '../phone/audio';
import { JsSipLine } from '../phone/jssip-line';
import { Leader } from '../phone/leader';
import { Phone } from '../phone/phone';
import { ResumeNote } from '../phone/resume';
import { Ringer } from '../phone/ringer';
import type { Registration } from '../phone/state';

const ELSEWHERE_AFTER_MS = 500;
const RETRY_MS = 3_000;

export function makeAudio(): AudioDesk {
  return new AudioDesk(wantsRawAudio(location.search, local.get('onekey.rawaudio')));
}

/** What the server is told of our registration; null: not ours to speak of. */
export function reported(registration: Registration): ClientMessage | null {
  if (registration === 'off' || registration === 'elsewhere') return null;
  const state = registration === 'connecting' ? 'unregistered' : registration;
  return { type: 'phone', state };
}

/** The agent's telephone with its surroundings: one for all tabs, its account fetched, started again when it can be. */
export class PhoneDesk {
  readonly audio = makeAudio();
  readonly ringer = new Ringer(this.audio.context);
  readonly phone = new Phone({
    makeLine: (account, handlers) => new JsSipLine(account, handlers),
    sound: this.audio,
    resume: new ResumeNote(local),
    isJoined: (callId) => this.isJoined(callId),
    // Asked for its account in mid-call, the server gives up our leg; told that we are registered, it rings us anew.
    ringAgain: () => void this.askAnew(),
  });
  private readonly leader = new Leader({ onGained: () => void this.begin(), onWanted: () => this.giveUp(true) });
  private account: PhoneAccount | null = null;
  private wanted = false;
  /** The server has given up a leg of ours without sound, and waits to hear that our telephone is there. */
  onLegGivenUp: () => void = () => undefined;
  private leaving: { comeBack: boolean } | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly isJoined: (callId: string) => boolean) {
    this.audio.keepAwake();
    navigator.mediaDevices?.addEventListener('devicechange', () => {
      if (this.phone.get().microphone === 'missing') this.retry();
    });
    this.phone.subscribe(() => {
      if (this.leaving !== null && this.phone.get().call === null) this.giveUp(this.leaving.comeBack);
    });
  }

  start(): void {
    this.wanted = true;
    this.leaving = null;
    this.leader.acquire(true);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (this.wanted && !this.leader.isLeader) this.phone.markElsewhere();
    }, ELSEWHERE_AFTER_MS);
  }

  /** Another tab takes over: at once, or after the call that is being talked. `comeBack`: when that tab closes, it is ours again. */
  giveUp(comeBack: boolean): void {
    if (this.phone.get().call !== null) {
      this.leaving = { comeBack };
      return;
    }
    this.leaving = null;
    this.wanted = comeBack;
    // Another sign-in has the telephone now: our account is dead. Another tab of ours shares it.
    if (!comeBack) this.account = null;
    clearTimeout(this.timer);
    this.phone.markElsewhere();
    this.leader.release();
    if (comeBack) this.leader.acquire(false);
  }

  /** Signed out. */
  stop(): void {
    this.wanted = false;
    this.leaving = null;
    this.account = null;
    clearTimeout(this.timer);
    this.ringer.ring(null);
    this.ringer.alarm(0, false);
    this.phone.close();
    this.leader.release();
  }

  /** The microphone was allowed, or plugged in, or somebody pressed "try again". */
  retry(): void {
    if (!this.wanted) return;
    if (this.leader.isLeader) void this.begin();
    else this.start();
  }

  private async askAnew(): Promise<void> {
    try {
      await unwrap(api.POST('/api/phone'));
      this.onLegGivenUp();
    } catch {
      // It is asked again while the call carries no sound.
    }
  }

  private async begin(): Promise<void> {
    clearTimeout(this.timer);
    this.phone.prepare();
    try {
      this.account ??= await unwrap(api.POST('/api/phone'));
    } catch {
      this.timer = setTimeout(() => void (this.wanted && this.begin()), RETRY_MS);
      return;
    }
    if (this.wanted) await this.phone.start(this.account);
  }
}
