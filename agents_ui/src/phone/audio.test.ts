import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AudioDesk, rms, toneAmplitude, wantsRawAudio } from './audio';

const RATE = 48_000;
const sine = (hz: number, amplitude: number): Float32Array =>
  Float32Array.from({ length: 4_800 }, (_, i) => amplitude * Math.sin((2 * Math.PI * hz * i) / RATE));

test('the level of nothing and of silence is 0, of a sine its amplitude by the root of two', () => {
  expect(rms(new Float32Array())).toBe(0);
  expect(rms(new Float32Array(100))).toBe(0);
  expect(rms(sine(1_000, 0.5))).toBeCloseTo(0.5 / Math.SQRT2, 3);
});

test('a tone is found at its own frequency only', () => {
  const samples = sine(1_000, 0.4);
  expect(toneAmplitude(samples, 1_000, RATE)).toBeCloseTo(0.4, 2);
  expect(toneAmplitude(samples, 2_000, RATE)).toBeLessThan(0.01);
  expect(toneAmplitude(new Float32Array(), 1_000, RATE)).toBe(0);
});

test('raw audio is for whoever asks for it, in the address or on this machine', () => {
  expect(wantsRawAudio('?rawaudio=1', null)).toBe(true);
  expect(wantsRawAudio('', '1')).toBe(true);
  expect(wantsRawAudio('?rawaudio=0', null)).toBe(false);
  expect(wantsRawAudio('', null)).toBe(false);
});

class Track extends EventTarget {
  enabled = true;
  stopped = false;
  stop(): void {
    this.stopped = true;
  }
}

class Stream {
  readonly track = new Track();
  get active(): boolean {
    return !this.track.stopped;
  }
  readonly copies: Stream[] = [];
  clone = (): Stream => {
    const copy = new Stream();
    this.copies.push(copy);
    return copy;
  };
  getTracks = (): Track[] => [this.track];
  getAudioTracks = (): Track[] => [this.track];
}

class Node_ {
  fftSize = 0;
  disconnect = (): void => undefined;
  connect = (): this => this;
  getFloatTimeDomainData = (into: Float32Array): void => void into.fill(0.5);
}

class Context {
  state = 'running';
  sampleRate = RATE;
  resume = vi.fn(() => Promise.resolve());
  createAnalyser = (): Node_ => new Node_();
  createMediaStreamSource = (): Node_ => new Node_();
}

describe('the microphone', () => {
  const ask = vi.fn<(constraints: MediaStreamConstraints) => Promise<Stream>>();
  let desk: AudioDesk;

  beforeEach(() => {
    ask.mockReset();
    ask.mockImplementation(() => Promise.resolve(new Stream()));
    vi.stubGlobal('AudioContext', Context);
    Object.defineProperty(navigator, 'mediaDevices', { value: { getUserMedia: ask }, configurable: true });
    desk = new AudioDesk(false);
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    Reflect.deleteProperty(navigator, 'mediaDevices');
  });
  const open = async (onLost: () => void = () => undefined): Promise<Stream> =>
    (await desk.openMicrophone(onLost)) as unknown as Stream;

  test('is asked for once for all calls', async () => {
    expect(await open()).toBe(await open());
    expect(ask).toHaveBeenCalledTimes(1);
  });

  test('is cleaned of echo and noise, unless tones are to be measured', async () => {
    await open();
    await new AudioDesk(true).openMicrophone(() => undefined);
    const processing = ask.mock.calls.map(([{ audio }]) => (audio as MediaTrackConstraints).echoCancellation);
    expect(processing).toEqual([true, false]);
  });

  test('asked for again after the device went away gives a new one', async () => {
    const lost = vi.fn();
    const first = await open(lost);
    first.track.stop();
    first.track.dispatchEvent(new Event('ended'));
    expect(lost).toHaveBeenCalledTimes(1);
    expect(await open()).not.toBe(first);
  });

  test.each([
    ['NotAllowedError', 'denied'],
    ['SecurityError', 'denied'],
    ['NotFoundError', 'missing'],
    ['NotReadableError', 'missing'],
  ])('%s means that it is %s', async (name, problem) => {
    ask.mockRejectedValue(new DOMException('no', name));
    await expect(open()).rejects.toBe(problem);
  });

  test('without a secure page there is none', async () => {
    Object.defineProperty(navigator, 'mediaDevices', { value: undefined, configurable: true });
    await expect(open()).rejects.toBe('missing');
  });

  test('closed, it is given back and measures nothing', async () => {
    const stream = await open();
    expect(desk.levels()).toEqual({ in: 0, out: 0.5, voice: 0.5 });
    desk.closeMicrophone();
    expect(stream.track.stopped).toBe(true);
    expect(stream.copies.map((copy) => copy.track.stopped)).toEqual([true]);
    expect(desk.levels()).toEqual({ in: 0, out: 0, voice: 0 });
  });

  test('muted, the track sends nothing', async () => {
    const stream = await open();
    desk.setMicrophoneOpen(false);
    expect(stream.track.enabled).toBe(false);
    expect(stream.copies[0]?.track.enabled).toBe(true); // what tells her that she talks while muted
    desk.setMicrophoneOpen(true);
    expect(stream.track.enabled).toBe(true);
  });

  test('sound that the browser held back starts with the first key or click', () => {
    const context = desk.context as unknown as Context;
    window.dispatchEvent(new Event('pointerdown'));
    expect(context.resume).not.toHaveBeenCalled();
    context.state = 'suspended';
    window.dispatchEvent(new Event('keydown'));
    expect(context.resume).toHaveBeenCalledTimes(1);
  });
});
