import type { SipHandlers, SipSession } from './line';

const PROBE_HEADER = 'X-OneKey-Probe';
const PROBE_KEY = '5';
const LOOK_EVERY_MS = 100;
/** So many packets of the PBX's sound, and it is heard here. */
const PACKETS = 5;

/** One such call. When the PBX's sound has arrived, a key is pressed in ours, which only comes back to the PBX when both ways are open. */
class Probe {
  private readonly silence: MediaStream;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private over = false;

  constructor(
    readonly session: SipSession,
    microphone: MediaStream,
  ) {
    this.silence = microphone.clone();
    for (const track of this.silence.getAudioTracks()) track.enabled = false;
  }

  answer(): void {
    this.session.answer(this.silence);
  }

  accepted(): void {
    void this.look();
  }

  /** Harmless twice, and after the server has hung up. */
  end(): void {
    this.over = true;
    clearTimeout(this.timer);
    for (const track of this.silence.getTracks()) track.stop();
    this.session.terminate();
  }

  private async look(): Promise<void> {
    let heard = 0;
    try {
      heard = await this.session.packetsHeard();
    } catch {
      // asked for again
    }
    if (this.over) return;
    if (heard >= PACKETS) this.session.sendDigits(PROBE_KEY);
    else this.timer = setTimeout(() => void this.look(), LOOK_EVERY_MS);
  }
}

/**
 * The server proves that this telephone works (docs/decisions.md) by a call that is answered without a sound: nothing rings, nothing is shown, and the
 * microphone sends silence. The telephone hears nothing of it, and a real call finds it free.
 */
export class Prover {
  private probe: Probe | null = null;

  /** `free`: our microphone; null in a call, or without one, when there is nothing to prove. */
  constructor(private readonly free: () => MediaStream | null) {}

  around(handlers: SipHandlers): SipHandlers {
    return {
      ...handlers,
      onIncoming: (session) => {
        if (session.header(PROBE_HEADER) !== null) return this.take(session);
        this.end();
        handlers.onIncoming(session);
      },
      onAccepted: (session) => (this.isFor(session) ? this.probe?.accepted() : handlers.onAccepted(session)),
      onMedia: (session, state) => !this.isFor(session) && handlers.onMedia(session, state),
      onRemoteStream: (session, stream) => !this.isFor(session) && handlers.onRemoteStream(session, stream),
      onEnded: (session, cause) => (this.isFor(session) ? this.end() : handlers.onEnded(session, cause)),
    };
  }

  end(): void {
    const probe = this.probe;
    this.probe = null;
    probe?.end();
  }

  private isFor(session: SipSession): boolean {
    return this.probe?.session.id === session.id;
  }

  private take(session: SipSession): void {
    const microphone = this.free();
    if (microphone === null) {
      session.decline();
      return;
    }
    this.end();
    this.probe = new Probe(session, microphone);
    this.probe.answer();
  }
}
