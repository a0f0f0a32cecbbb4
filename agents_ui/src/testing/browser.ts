import { afterEach, vi } from 'vitest';
import { FakeJsSipLine } from './fake-line';
import { FakeSocket, FakeSockets } from './fake-socket';

class AudioNode_ {
  type = '';
  fftSize = 0;
  frequency = { value: 0 };
  gain = { value: 0, setValueAtTime: () => undefined, exponentialRampToValueAtTime: () => undefined };
  connect = (next: AudioNode_): AudioNode_ => next;
  disconnect = (): void => undefined;
  start = (): void => undefined;
  stop = (): void => undefined;
  getFloatTimeDomainData = (): void => undefined;
}

class FakeAudioContext {
  state = 'running';
  currentTime = 0;
  sampleRate = 48_000;
  destination = new AudioNode_();
  resume = (): Promise<void> => Promise.resolve();
  createOscillator = (): AudioNode_ => new AudioNode_();
  createGain = (): AudioNode_ => new AudioNode_();
  createAnalyser = (): AudioNode_ => new AudioNode_();
  createMediaStreamSource = (): AudioNode_ => new AudioNode_();
}

class FakeTrack extends EventTarget {
  enabled = true;
  stopped = false;
  stop(): void {
    this.stopped = true;
  }
}

export class FakeMicrophone {
  readonly track = new FakeTrack();
  get active(): boolean {
    return !this.track.stopped;
  }
  clone = (): FakeMicrophone => new FakeMicrophone();
  getTracks = (): FakeTrack[] => [this.track];
  getAudioTracks = (): FakeTrack[] => [this.track];
}

class FakeDevices extends EventTarget {
  microphones: FakeMicrophone[] = [];
  problem: string | null = null;
  getUserMedia = (): Promise<FakeMicrophone> => {
    if (this.problem !== null) return Promise.reject(new DOMException('no', this.problem));
    const made = new FakeMicrophone();
    this.microphones.push(made);
    return Promise.resolve(made);
  };
}

export interface FakeBrowser {
  sockets: FakeSockets;
  devices: FakeDevices;
}

/** What the console needs of a browser and a test has not: sound, a microphone, a WebSocket. No locks: each tab is its own. */
export function fakeBrowser(): FakeBrowser {
  const sockets = new FakeSockets();
  const devices = new FakeDevices();
  vi.stubGlobal('AudioContext', FakeAudioContext);
  vi.stubGlobal('BroadcastChannel', undefined);
  vi.stubGlobal(
    'WebSocket',
    Object.assign(
      function (url: string) {
        return sockets.make(url);
      },
      { CONNECTING: FakeSocket.CONNECTING, OPEN: FakeSocket.OPEN, CLOSED: FakeSocket.CLOSED },
    ),
  );
  Object.defineProperty(navigator, 'mediaDevices', { value: devices, configurable: true });
  FakeJsSipLine.all = [];
  return { sockets, devices };
}

afterEach(() => {
  vi.unstubAllGlobals();
  Reflect.deleteProperty(navigator, 'mediaDevices');
});
