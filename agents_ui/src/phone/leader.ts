const LOCK = 'onekey-phone';

export interface LeaderHandlers {
  /** This tab holds the telephone now. */
  onGained(): void;
  /** A newer tab asks for it: give it up with `release` unless a call is live. */
  onWanted(): void;
}

export interface LeaderDeps {
  locks: Pick<LockManager, 'request' | 'query'> | null;
  channel: Pick<BroadcastChannel, 'postMessage' | 'onmessage'> | null;
}

function browserDeps(): LeaderDeps {
  return {
    // Not there in insecure contexts; then every tab believes it is the only one, and the PBX keeps the newest.
    locks: typeof navigator !== 'undefined' && 'locks' in navigator ? navigator.locks : null,
    channel: typeof BroadcastChannel !== 'undefined' ? new BroadcastChannel(LOCK) : null,
  };
}

/** One telephone for all tabs of a browser: whoever holds the lock has it. A closed or crashed tab frees it at once. */
export class Leader {
  private letGo: (() => void) | null = null;
  private waiting: AbortController | null = null;

  constructor(
    private readonly handlers: LeaderHandlers,
    private readonly deps: LeaderDeps = browserDeps(),
  ) {
    if (deps.channel) deps.channel.onmessage = () => (this.letGo ? handlers.onWanted() : undefined);
  }

  get isLeader(): boolean {
    return this.letGo !== null;
  }

  /** `announce`: ask the present holder to give it up; else just wait until it is free. */
  acquire(announce: boolean): void {
    if (this.letGo !== null) return;
    if (this.waiting !== null) {
      if (announce) this.announce();
      return;
    }
    if (this.deps.locks === null) {
      this.letGo = () => undefined;
      this.handlers.onGained();
      return;
    }
    const waiting = new AbortController();
    this.waiting = waiting;
    this.deps.locks
      .request(LOCK, { signal: waiting.signal }, () => {
        if (waiting.signal.aborted) return undefined;
        this.waiting = null;
        const held = new Promise<void>((resolve) => {
          this.letGo = resolve;
        });
        this.handlers.onGained();
        return held;
      })
      .catch(() => undefined);
    if (announce) this.announce();
  }

  /** Only when our own request stands in the queue: else the holder, who gives up and queues again, would get it back before us. */
  private announce(): void {
    const say = (): void => this.deps.channel?.postMessage('wanted');
    this.deps.locks?.query().then(say, say);
  }

  release(): void {
    this.waiting?.abort();
    this.waiting = null;
    this.letGo?.();
    this.letGo = null;
  }
}
