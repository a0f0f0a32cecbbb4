/** The event stream (docs/stores-app.md "Live"). EventSource comes back by itself after a cut; what it gives up on, and a stream gone silent, is opened anew. */
import type { Inbox, OrderNews } from './types';

export interface Hears {
  snapshot: (inbox: Inbox) => void;
  order: (news: OrderNews) => void;
  ended: () => void;
  alive: (alive: boolean) => void;
  /** it was refused, or given up: is the session still good? */
  lost: () => void;
}

const AGAIN = 4000;
const SILENCE = 40_000; // the server says something every 15 s

export class Live {
  private source: EventSource | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private watch: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly hears: Hears) {}

  /** Harmless when it is open. */
  open(): void {
    if (this.source && this.source.readyState !== EventSource.CLOSED) return;
    clearTimeout(this.timer);
    const source = new EventSource('/api/live');
    this.source = source;
    for (const kind of ['open', 'snapshot', 'order', 'beat']) source.addEventListener(kind, () => this.heard());
    source.addEventListener('snapshot', (event) => this.hears.snapshot(JSON.parse(event.data as string) as Inbox));
    source.addEventListener('order', (event) => this.hears.order(JSON.parse(event.data as string) as OrderNews));
    source.addEventListener('ended', () => {
      this.close();
      this.hears.ended();
    });
    source.onopen = () => this.hears.alive(true);
    source.onerror = () => {
      this.hears.alive(false);
      if (source.readyState === EventSource.CLOSED && this.source === source) {
        this.close();
        this.hears.lost();
      }
    };
  }

  close(): void {
    clearTimeout(this.timer);
    clearTimeout(this.watch);
    this.source?.close();
    this.source = undefined;
  }

  later(): void {
    this.close();
    this.timer = setTimeout(() => this.open(), AGAIN);
  }

  private heard(): void {
    clearTimeout(this.watch);
    this.watch = setTimeout(() => {
      this.hears.alive(false);
      this.later();
    }, SILENCE);
  }
}
