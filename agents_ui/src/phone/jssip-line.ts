import JsSIP from 'jssip';
import type { RTCSession } from 'jssip/lib/RTCSession';
import type { IncomingRTCSessionEvent, OutgoingRTCSessionEvent, UA } from 'jssip/lib/UA';
import type { PhoneAccount } from '../api/types';
import type { SipHandlers, SipLine, SipSession } from './line';
import type { EndCause } from './state';

/** The PBX is reached directly: no STUN, and the first candidate is as good as any (answers in 42 ms instead of 158). */
const PC_CONFIG: RTCConfiguration = { iceServers: [] };
const REGISTER_EVERY_S = 60;
/** Sound is there some 50 ms after an answer; what has not come by now does not come by itself. Before a new leg is asked for (phone.ts). */
const SOUND_WITHIN_MS = 1_500;
const MOST_OFFERS = 3;

function endCause(cause: string, originator: string): EndCause {
  if (originator === 'local') return 'hung-up';
  switch (cause) {
    case JsSIP.C.causes.BYE:
      return 'remote';
    case JsSIP.C.causes.CANCELED:
      return 'cancelled';
    case JsSIP.C.causes.BUSY:
      return 'busy';
    case JsSIP.C.causes.REJECTED:
      return 'declined';
    case JsSIP.C.causes.NO_ANSWER:
    case JsSIP.C.causes.EXPIRES:
    case JsSIP.C.causes.UNAVAILABLE:
      return 'no-answer';
    default:
      return 'failed';
  }
}

class JsSipSession implements SipSession {
  readonly id: string;
  readonly remote: string;

  constructor(
    private readonly session: RTCSession,
    private readonly request: { getHeader(name: string): string | undefined } | null,
    handlers: SipHandlers,
  ) {
    this.id = session.id;
    const { display_name: name, uri } = session.remote_identity;
    this.remote = /^[+0-9]+$/.test(uri.user ?? '') ? uri.user : name || uri.user || '';
    session.on('icecandidate', (event) => event.ready());
    session.on('peerconnection', ({ peerconnection }) => this.hear(peerconnection, handlers));
    // Outgoing calls have their connection before anybody can listen for it.
    if (session.connection) this.hear(session.connection, handlers);
    session.on('accepted', () => {
      handlers.onAccepted(this);
      this.seeThatSoundComes(MOST_OFFERS);
    });
    session.on('ended', (event) => handlers.onEnded(this, endCause(event.cause, event.originator)));
    session.on('failed', (event) => handlers.onEnded(this, endCause(event.cause, event.originator)));
  }

  header(name: string): string | null {
    return this.request?.getHeader(name) ?? null;
  }

  answer(microphone: MediaStream): void {
    if (!this.session.isInProgress()) return;
    this.session.answer({ mediaStream: microphone, pcConfig: PC_CONFIG });
  }

  decline(): void {
    if (!this.session.isEnded()) this.session.terminate({ status_code: 486 });
  }

  terminate(): void {
    if (!this.session.isEnded()) this.session.terminate();
  }

  sendDigits(digits: string): void {
    if (!this.session.isEstablished()) return;
    this.session.sendDTMF(digits, { duration: 160, interToneGap: 80, transportType: JsSIP.C.DTMF_TRANSPORT.RFC2833 });
  }

  useMicrophone(microphone: MediaStream): void {
    const track = microphone.getAudioTracks()[0];
    const connection = this.session.connection as RTCPeerConnection | null;
    const sender = connection?.getSenders().find((one) => one.track?.kind === 'audio');
    if (track && sender) void sender.replaceTrack(track).catch(() => undefined);
  }

  async packetsHeard(): Promise<number> {
    const connection = this.session.connection as RTCPeerConnection | null;
    let heard = 0;
    for (const report of (await connection?.getStats())?.values() ?? [])
      if (report.type === 'inbound-rtp') heard += (report as RTCInboundRtpStreamStats).packetsReceived ?? 0;
    return heard;
  }

  /**
   * Asterisk, when the offer is its own, now and then never ends its ICE and drops our DTLS for good: both hear nothing until somebody hangs up
   * (its issue 2053). An offer of ours with new credentials begins it anew. Also where the PBX is alone, and nobody there watches for sound.
   */
  private seeThatSoundComes(offers: number): void {
    if (offers === 0) return;
    window.setTimeout(() => {
      const connection = this.session.connection as RTCPeerConnection | null;
      if (this.session.isEnded() || connection?.connectionState !== 'connecting') return;
      this.session.renegotiate({ rtcOfferConstraints: { iceRestart: true } });
      this.seeThatSoundComes(offers - 1);
    }, SOUND_WITHIN_MS);
  }

  private hear(connection: RTCPeerConnection, handlers: SipHandlers): void {
    connection.addEventListener('connectionstatechange', () => {
      const state = connection.connectionState;
      if (state === 'connected') handlers.onMedia(this, 'up');
      else if (state === 'disconnected') handlers.onMedia(this, 'shaky');
      else if (state === 'failed') handlers.onMedia(this, 'gone');
    });
    connection.addEventListener('track', (event) => {
      handlers.onRemoteStream(this, event.streams[0] ?? new MediaStream([event.track]));
    });
  }
}

/** A SIP line over Asterisk's WebSocket. Reconnects and registers again by itself. */
export class JsSipLine implements SipLine {
  private readonly ua: UA;
  private readonly domain: string;
  private readonly sessions = new WeakMap<RTCSession, JsSipSession>();

  constructor(
    account: PhoneAccount,
    private readonly handlers: SipHandlers,
  ) {
    this.domain = account.uri.replace(/^sips?:/, '').replace(/^[^@]*@/, '');
    this.ua = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(account.ws_url)],
      uri: account.uri,
      authorization_user: account.account,
      password: account.secret,
      display_name: account.display_name,
      register_expires: REGISTER_EVERY_S,
      session_timers: false,
      no_answer_timeout: 120,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 5,
      user_agent: 'OneKey',
    });
    this.listen();
  }

  start(): void {
    this.handlers.onRegistration('connecting');
    this.ua.start();
  }

  stop(): void {
    this.ua.stop();
  }

  call(number: string, headers: string[], microphone: MediaStream): SipSession {
    const session = this.ua.call(`sip:${number}@${this.domain}`, {
      mediaStream: microphone,
      pcConfig: PC_CONFIG,
      extraHeaders: headers,
    });
    return this.wrap(session, null);
  }

  private listen(): void {
    const { ua, handlers } = this;
    ua.on('registered', () => handlers.onRegistration('registered'));
    ua.on('unregistered', () => handlers.onRegistration('unregistered'));
    ua.on('registrationFailed', () => handlers.onRegistration('failed'));
    ua.on('disconnected', () => handlers.onRegistration('unregistered'));
    ua.on('connecting', () => handlers.onRegistration('connecting'));
    ua.on('newRTCSession', (event: IncomingRTCSessionEvent | OutgoingRTCSessionEvent) => {
      if (event.session.direction !== 'incoming') return;
      const request = event.request as { getHeader(name: string): string | undefined };
      handlers.onIncoming(this.wrap(event.session, request));
    });
  }

  private wrap(session: RTCSession, request: { getHeader(name: string): string | undefined } | null): JsSipSession {
    const known = this.sessions.get(session) ?? new JsSipSession(session, request, this.handlers);
    this.sessions.set(session, known);
    return known;
  }
}
