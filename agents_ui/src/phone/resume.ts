import type { KeyValue } from '../kit/storage';

const KEY = 'onekey.talking';
/** The server rings a vanished browser for 10 s (docs/decisions.md §5); loading the page takes its share. */
const GOOD_FOR_MS = 20_000;

/** Remembers through a reload on which call we were talking, so that its second INVITE is answered without a key. */
export class ResumeNote {
  constructor(
    private readonly storage: KeyValue,
    private readonly now: () => number = Date.now,
  ) {}

  /** Said again every second or two while talking. */
  keep(callId: string): void {
    this.storage.set(KEY, JSON.stringify({ callId, at: this.now() }));
  }

  forget(): void {
    this.storage.remove(KEY);
  }

  isFor(callId: string): boolean {
    try {
      const note: unknown = JSON.parse(this.storage.get(KEY) ?? 'null');
      if (typeof note !== 'object' || note === null || !('callId' in note) || !('at' in note)) return false;
      return note.callId === callId && typeof note.at === 'number' && this.now() - note.at <= GOOD_FOR_MS;
    } catch {
      return false;
    }
  }
}
