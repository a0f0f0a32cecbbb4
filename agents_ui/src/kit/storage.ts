/** localStorage and sessionStorage may throw (private windows, full disk): then memory takes their place. */
export interface KeyValue {
  get(key: string): string | null;
  set(key: string, value: string): void;
  remove(key: string): void;
}

export class MemoryStorage implements KeyValue {
  private readonly values = new Map<string, string>();
  get(key: string): string | null {
    return this.values.get(key) ?? null;
  }
  set(key: string, value: string): void {
    this.values.set(key, value);
  }
  remove(key: string): void {
    this.values.delete(key);
  }
}

class BrowserStorage implements KeyValue {
  private readonly spare = new MemoryStorage();
  constructor(private readonly open: () => Storage) {}
  get(key: string): string | null {
    // What could not be kept is newer than what was kept before it.
    const unkept = this.spare.get(key);
    if (unkept !== null) return unkept;
    try {
      return this.open().getItem(key);
    } catch {
      return null;
    }
  }
  set(key: string, value: string): void {
    try {
      this.open().setItem(key, value);
      this.spare.remove(key);
    } catch {
      this.spare.set(key, value);
    }
  }
  remove(key: string): void {
    this.spare.remove(key);
    try {
      this.open().removeItem(key);
    } catch {
      // Nothing was kept there.
    }
  }
}

export const local: KeyValue = new BrowserStorage(() => window.localStorage);
export const session: KeyValue = new BrowserStorage(() => window.sessionStorage);
