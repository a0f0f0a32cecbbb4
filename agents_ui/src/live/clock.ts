import { Store } from '../kit/store';

const WINDOW = 12;

/**
 * The server's clock, guessed from the `now` of its messages. A message can only arrive late, never early, so the largest
 * offset of the last few samples is the one least spoiled by the network.
 */
export class ServerClock {
  private samples: number[] = [];

  constructor(private readonly own: () => number = Date.now) {}

  sample(serverNow: string): void {
    const at = Date.parse(serverNow);
    if (Number.isNaN(at)) return;
    this.samples = [...this.samples.slice(1 - WINDOW), at - this.own()];
  }

  /** Milliseconds to add to this machine's time. */
  get offset(): number {
    return this.samples.length > 0 ? Math.max(...this.samples) : 0;
  }

  now(): number {
    return this.own() + this.offset;
  }
}

/** One beat for all running clocks: the server's time, rounded down to `step` ms so that all clocks turn together. */
export class Ticker extends Store<number> {
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly clock: ServerClock,
    private readonly step = 250,
  ) {
    super(clock.now());
  }

  start(): void {
    this.timer ??= setInterval(() => this.set(Math.floor(this.clock.now() / this.step) * this.step), this.step);
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
