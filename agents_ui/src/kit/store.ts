import { useSyncExternalStore } from 'react';

/** State outside React: read by anything, heard by components through `useStore`. */
export class Store<T> {
  private value: T;
  private readonly listeners = new Set<() => void>();

  constructor(initial: T) {
    this.value = initial;
  }

  get = (): T => this.value;

  set = (next: T): void => {
    if (Object.is(next, this.value)) return;
    this.value = next;
    for (const listener of [...this.listeners]) listener();
  };

  update(change: (current: T) => T): void {
    this.set(change(this.value));
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };
}

/** What components need of a store; `Store` and everything built on it has it. */
export interface Readable<T> {
  get: () => T;
  subscribe: (listener: () => void) => () => void;
}

/** `select` must return the same reference (or a primitive) as long as nothing changed. */
export function useStore<T, R>(store: Readable<T>, select: (state: T) => R): R {
  return useSyncExternalStore(store.subscribe, () => select(store.get()));
}
