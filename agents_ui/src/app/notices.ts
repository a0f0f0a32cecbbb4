import { errorText, word } from '../i18n/words';
import { Store } from '../kit/store';

/** Words for the person at the desk that are no answer to what they just did. `key` is one of i18n `notice.*`. */
export interface Notice {
  id: number;
  kind: 'info' | 'warning' | 'error';
  key: string;
  values: Record<string, string | number>;
  /** Words that are already the person's language, instead of `key`. */
  text?: string;
}

export class NoticeStore extends Store<readonly Notice[]> {
  private next = 1;

  constructor() {
    super([]);
  }

  tell(kind: Notice['kind'], key: string, values: Record<string, string | number> = {}): void {
    this.update((list) => [...list, { id: this.next++, kind, key, values }]);
  }

  /** A command that the telephone side refused or did not get to. */
  notDone(reason: string): void {
    this.tell('error', 'not-done', { reason: word('error', reason) });
  }

  failed(thrown: unknown): void {
    this.update((list) => [...list, { id: this.next++, kind: 'error', key: '', values: {}, text: errorText(thrown) }]);
  }

  take(): readonly Notice[] {
    const list = this.get();
    if (list.length > 0) this.set([]);
    return list;
  }
}
