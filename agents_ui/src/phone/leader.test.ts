// @vitest-environment node
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { Leader, type LeaderDeps } from './leader';

/** What a browser's tabs share: one lock with its queue, and a channel that everybody but the sender hears. */
class Browser {
  private holder: (() => void) | null = null;
  private readonly queue: { signal: AbortSignal | undefined; take: () => Promise<unknown> }[] = [];
  private readonly channels = new Set<{ onmessage: ((event: MessageEvent) => void) | null }>();

  /** `travel`: how long what this tab asks of the browser is on its way (turns of the event loop). */
  tab(travel = 0): LeaderDeps {
    const channel = {
      onmessage: null as ((event: MessageEvent) => void) | null,
      postMessage: (data: unknown) => {
        for (const other of this.channels) if (other !== channel) other.onmessage?.({ data } as MessageEvent);
      },
    };
    this.channels.add(channel);
    return {
      locks: {
        request: ((name: string, options: LockOptions, callback: () => unknown) =>
          this.request(name, options, callback, travel)) as unknown as LockManager['request'],
        query: async () => {
          await turns(travel + 1);
          return {};
        },
      },
      channel: channel as unknown as BroadcastChannel,
    };
  }

  /** The tab that holds the lock is closed or crashes: the browser frees it without asking the page. */
  crash(): void {
    this.holder?.();
  }

  private readonly request = (
    _: string,
    options: LockOptions,
    callback: () => unknown,
    travel: number,
  ): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const entry = { signal: options.signal, take: async () => resolve(await callback()) };
      options.signal?.addEventListener('abort', () => {
        if (this.queue.includes(entry)) this.queue.splice(this.queue.indexOf(entry), 1);
        reject(new DOMException('aborted', 'AbortError'));
      });
      void turns(travel).then(() => {
        if (options.signal?.aborted) return;
        this.queue.push(entry);
        this.next();
      });
    });

  private next(): void {
    if (this.holder !== null) return;
    const entry = this.queue.shift();
    if (entry === undefined) return;
    let free: () => void = () => undefined;
    const crashed = new Promise<void>((resolve) => (free = resolve));
    this.holder = free;
    void Promise.race([entry.take(), crashed]).then(() => {
      this.holder = null;
      this.next();
    });
  }
}

const turns = async (count: number): Promise<void> => {
  for (let i = 0; i <= count; i++) await Promise.resolve();
};

const settle = async (): Promise<void> => {
  for (let i = 0; i < 40; i++) await Promise.resolve();
};

let browser: Browser;
beforeEach(() => {
  browser = new Browser();
});

interface Tab {
  leader: Leader;
  gained: ReturnType<typeof vi.fn>;
  wanted: ReturnType<typeof vi.fn>;
}

function openTab(travel = 0): Tab {
  const gained = vi.fn();
  const wanted = vi.fn();
  return {
    leader: new Leader({ onGained: () => gained(), onWanted: () => wanted() }, browser.tab(travel)),
    gained,
    wanted,
  };
}

/** Gives the telephone up when asked, as the desk does without a call, and waits to have it back. */
function yielding(tab: Tab): Tab {
  tab.wanted.mockImplementation(() => {
    tab.leader.release();
    tab.leader.acquire(false);
  });
  return tab;
}

describe('one telephone for all tabs', () => {
  test('the only tab has it', async () => {
    const { leader, gained } = openTab();
    leader.acquire(true);
    expect(leader.isLeader).toBe(false);
    await settle();
    expect(leader.isLeader).toBe(true);
    expect(gained).toHaveBeenCalledTimes(1);
  });

  test('asking again does not take it twice', async () => {
    const { leader, gained } = openTab();
    leader.acquire(true);
    leader.acquire(true);
    await settle();
    leader.acquire(true);
    await settle();
    expect(gained).toHaveBeenCalledTimes(1);
  });

  test('a newer tab asks for it and gets it', async () => {
    const old = yielding(openTab());
    old.leader.acquire(true);
    await settle();
    const fresh = openTab();
    fresh.leader.acquire(true);
    await settle();
    expect(old.wanted).toHaveBeenCalledTimes(1);
    expect([old.leader.isLeader, fresh.leader.isLeader]).toEqual([false, true]);
  });

  test('also when what it asks of the browser is slow on its way, and the older tab is quick to queue again', async () => {
    const old = yielding(openTab());
    old.leader.acquire(true);
    await settle();
    const fresh = openTab(12);
    fresh.leader.acquire(true);
    await settle();
    expect([old.leader.isLeader, fresh.leader.isLeader]).toEqual([false, true]);
  });

  test('a tab in mid-call keeps it; the newer one has it when it is let go', async () => {
    const old = openTab();
    old.leader.acquire(true);
    await settle();
    const fresh = openTab();
    fresh.leader.acquire(true);
    await settle();
    expect([old.leader.isLeader, fresh.leader.isLeader]).toEqual([true, false]);

    old.leader.release();
    await settle();
    expect([old.leader.isLeader, fresh.leader.isLeader]).toEqual([false, true]);
  });

  test('when the newer tab closes or crashes, the older one has it back by itself', async () => {
    const old = yielding(openTab());
    old.leader.acquire(true);
    await settle();
    const fresh = openTab();
    fresh.leader.acquire(true);
    await settle();
    browser.crash();
    await settle();
    expect(old.leader.isLeader).toBe(true);
    expect(old.gained).toHaveBeenCalledTimes(2);
  });

  test('waiting quietly asks nobody for it', async () => {
    const old = openTab();
    old.leader.acquire(true);
    await settle();
    const quiet = openTab();
    quiet.leader.acquire(false);
    await settle();
    expect(old.wanted).not.toHaveBeenCalled();
    quiet.leader.acquire(true);
    await settle();
    expect(old.wanted).toHaveBeenCalledTimes(1);
  });

  test('who only waits is not asked to give anything up', async () => {
    const holder = openTab();
    const waiting = openTab();
    holder.leader.acquire(false);
    await settle();
    waiting.leader.acquire(false);
    const third = openTab();
    third.leader.acquire(true);
    await settle();
    expect(waiting.wanted).not.toHaveBeenCalled();
  });

  test('who stops waiting never gets it', async () => {
    const holder = openTab();
    holder.leader.acquire(true);
    await settle();
    const gone = openTab();
    gone.leader.acquire(false);
    gone.leader.release();
    holder.leader.release();
    await settle();
    expect(gone.gained).not.toHaveBeenCalled();
    expect(gone.leader.isLeader).toBe(false);
  });

  test('released before the lock came, and wanted again: it comes once', async () => {
    const { leader, gained } = openTab();
    leader.acquire(true);
    leader.release();
    leader.acquire(true);
    await settle();
    expect(leader.isLeader).toBe(true);
    expect(gained).toHaveBeenCalledTimes(1);
  });
});

test('without locks every tab is its own', () => {
  const gained = vi.fn();
  const leader = new Leader({ onGained: gained, onWanted: () => undefined }, { locks: null, channel: null });
  leader.acquire(true);
  expect(leader.isLeader).toBe(true);
  leader.release();
  expect(leader.isLeader).toBe(false);
  leader.acquire(false);
  expect(gained).toHaveBeenCalledTimes(2);
});
