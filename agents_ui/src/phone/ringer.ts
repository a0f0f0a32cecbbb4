/** Sounds of the console: they are made here, so that no file has to be fetched in the worst moment. */
export type Ring = 'sos' | 'service' | null;

const PERIOD_MS: Record<'sos' | 'service', number> = { sos: 1_500, service: 3_000 };
/** The SOS grows louder with each repetition, up to full. */
const SOS_GAINS = [0.25, 0.35, 0.5, 0.7, 0.9];

/** An alarm that nobody has seen: the higher its level, the sooner and the more strokes. */
const ALARM_MS = [0, 6_000, 4_000, 2_500];
const WHILE_TALKING = 0.35;

export class Ringer {
  private playing: Ring = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private repetition = 0;
  private level = 0;
  private gain = 1;
  private alarmTimer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly context: AudioContext) {}

  get current(): Ring {
    return this.playing;
  }

  ring(what: Ring): void {
    if (what === this.playing) return;
    clearTimeout(this.timer);
    this.playing = what;
    this.repetition = 0;
    if (what !== null) this.repeat(what);
  }

  /** Until somebody has seen it; 0: nothing. A ringing telephone is heard alone, and who talks hears it softly. */
  alarm(level: number, talking: boolean): void {
    const now = Math.min(level, ALARM_MS.length - 1);
    this.gain = talking ? WHILE_TALKING : 1;
    if (now === this.level) return;
    clearInterval(this.alarmTimer);
    this.level = now;
    if (now === 0) return;
    this.strokes();
    this.alarmTimer = setInterval(() => this.strokes(), ALARM_MS[now]);
  }

  private strokes(): void {
    if (this.playing !== null) return;
    void this.context.resume().catch(() => undefined);
    for (let n = 0; n <= this.level; n += 1) this.beep(988, n * 0.22, 0.16, 0.3 * this.gain, 'triangle');
  }

  /** A task has come: one short tick. */
  tick(): void {
    this.beep(1_320, 0, 0.06, 0.18, 'triangle');
  }

  private repeat(what: 'sos' | 'service'): void {
    void this.context.resume().catch(() => undefined);
    if (what === 'sos') {
      const gain = SOS_GAINS[Math.min(this.repetition, SOS_GAINS.length - 1)] ?? 0.9;
      this.beep(880, 0, 0.45, gain, 'triangle');
      this.beep(660, 0.5, 0.45, gain, 'triangle');
    } else {
      this.bell();
    }
    this.repetition += 1;
    this.timer = setTimeout(() => this.repeat(what), PERIOD_MS[what]);
  }

  /** A soft bell: a fundamental with two quiet overtones that die away. */
  private bell(): void {
    for (const [hz, gain] of [
      [523, 0.22],
      [1_046, 0.1],
      [1_568, 0.04],
    ] as const) {
      this.beep(hz, 0, 1.2, gain, 'sine');
    }
  }

  private beep(hz: number, after: number, seconds: number, level: number, shape: OscillatorType): void {
    const start = this.context.currentTime + after;
    const oscillator = this.context.createOscillator();
    const gain = this.context.createGain();
    oscillator.type = shape;
    oscillator.frequency.value = hz;
    gain.gain.setValueAtTime(0.0001, start);
    gain.gain.exponentialRampToValueAtTime(level, start + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.0001, start + seconds);
    oscillator.connect(gain).connect(this.context.destination);
    oscillator.start(start);
    oscillator.stop(start + seconds + 0.02);
  }
}
