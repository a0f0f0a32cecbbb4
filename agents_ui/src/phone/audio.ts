/** Sound in and out: the microphone opened beforehand, the far side's sound, levels, and a context that keeps the tab awake. */

export interface Levels {
  /** RMS of what the far side sends, 0..1. */
  in: number;
  /** RMS of what our microphone sends, 0..1: nothing while muted. */
  out: number;
  /** RMS of what our microphone hears, muted or not. */
  voice: number;
}

export type MicrophoneProblem = 'denied' | 'missing';

const FFT_SIZE = 2048;
/** Inaudible (about -69 dBFS at 30 Hz) but above the level under which browsers call a tab silent and put it to sleep. */
const AWAKE_HZ = 30;
const AWAKE_GAIN = 0.0005;

export function rms(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return samples.length > 0 ? Math.sqrt(sum / samples.length) : 0;
}

/** Amplitude of one frequency in the samples (Goertzel), 0..1. */
export function toneAmplitude(samples: Float32Array, hz: number, sampleRate: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * hz) / sampleRate);
  let previous = 0;
  let older = 0;
  for (const sample of samples) {
    const current = sample + coefficient * previous - older;
    older = previous;
    previous = current;
  }
  const power = previous * previous + older * older - coefficient * previous * older;
  return samples.length > 0 ? (2 * Math.sqrt(Math.max(0, power))) / samples.length : 0;
}

/** Echo cancellation and the rest suppress steady tones; tests that measure tones switch them off. */
export function wantsRawAudio(search: string, kept: string | null): boolean {
  return new URLSearchParams(search).get('rawaudio') === '1' || kept === '1';
}

export class AudioDesk {
  readonly context: AudioContext;
  private readonly element: HTMLAudioElement;
  private microphone: MediaStream | null = null;
  private incoming: AnalyserNode | null = null;
  private outgoing: AnalyserNode | null = null;
  /** A copy of the microphone that muting does not reach, so that one who talks while muted can be told. */
  private ear: MediaStream | null = null;
  private heard: AnalyserNode | null = null;
  private readonly buffer = new Float32Array(FFT_SIZE);

  constructor(private readonly raw: boolean) {
    this.context = new AudioContext({ latencyHint: 'interactive' });
    this.element = new Audio();
    this.element.autoplay = true;
    const resume = (): void => void this.wake();
    for (const gesture of ['pointerdown', 'keydown'] as const)
      window.addEventListener(gesture, resume, { capture: true });
  }

  /** Browsers start sound only after a gesture (or while a microphone is open): asked again at each chance. */
  async wake(): Promise<void> {
    if (this.context.state === 'suspended') await this.context.resume().catch(() => undefined);
  }

  keepAwake(): void {
    const tone = this.context.createOscillator();
    const gain = this.context.createGain();
    tone.frequency.value = AWAKE_HZ;
    gain.gain.value = AWAKE_GAIN;
    tone.connect(gain).connect(this.context.destination);
    tone.start();
    void this.wake();
  }

  /** The one microphone stream for all calls. `onLost` is told when the device goes away. Throws a MicrophoneProblem. */
  async openMicrophone(onLost: () => void): Promise<MediaStream> {
    if (this.microphone?.active) return this.microphone;
    const processing = !this.raw;
    const audio = { echoCancellation: processing, noiseSuppression: processing, autoGainControl: processing };
    let stream: MediaStream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio });
    } catch (error) {
      const denied =
        error instanceof DOMException && (error.name === 'NotAllowedError' || error.name === 'SecurityError');
      throw (denied ? 'denied' : 'missing') satisfies MicrophoneProblem;
    }
    this.microphone = stream;
    this.outgoing = this.analyse(stream);
    this.ear = stream.clone();
    this.heard = this.analyse(this.ear);
    stream.getAudioTracks()[0]?.addEventListener('ended', onLost, { once: true });
    void this.wake();
    return stream;
  }

  closeMicrophone(): void {
    for (const track of [...(this.microphone?.getTracks() ?? []), ...(this.ear?.getTracks() ?? [])]) track.stop();
    this.microphone = this.ear = null;
    this.outgoing = this.heard = null;
  }

  setMicrophoneOpen(open: boolean): void {
    for (const track of this.microphone?.getAudioTracks() ?? []) track.enabled = open;
  }

  play(stream: MediaStream): void {
    this.element.srcObject = stream;
    void this.element.play().catch(() => undefined);
    this.incoming = this.analyse(stream);
  }

  silence(): void {
    this.element.srcObject = null;
    this.incoming?.disconnect();
    this.incoming = null;
  }

  levels(): Levels {
    return this.all(rms);
  }

  tone(hz: number): Levels {
    const measure = (samples: Float32Array): number => toneAmplitude(samples, hz, this.context.sampleRate);
    return this.all(measure);
  }

  private all(by: (samples: Float32Array) => number): Levels {
    return {
      in: this.measure(this.incoming, by),
      out: this.measure(this.outgoing, by),
      voice: this.measure(this.heard, by),
    };
  }

  private analyse(stream: MediaStream): AnalyserNode {
    const analyser = this.context.createAnalyser();
    analyser.fftSize = FFT_SIZE;
    this.context.createMediaStreamSource(stream).connect(analyser);
    return analyser;
  }

  private measure(node: AnalyserNode | null, by: (samples: Float32Array) => number): number {
    if (node === null) return 0;
    node.getFloatTimeDomainData(this.buffer);
    return by(this.buffer);
  }
}
