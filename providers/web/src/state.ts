/** All that the screens show, in one place; pages read it through `useApp`. */
import { useEffect, useState } from 'preact/hooks';
import type { Action } from './queue';
import type { Me, OrderNews } from './types';

export interface Toast {
  text: string;
  kind: 'good' | 'bad';
  id: number;
}

export interface AppState {
  /** undefined: not known yet; null: nobody is signed in */
  me: Me | null | undefined;
  orders: Record<string, OrderNews>;
  loaded: boolean;
  live: boolean;
  waiting: Action[];
  toast: Toast | null;
  /** the server's clock less ours, ms */
  skew: number;
  sound: boolean;
}

type Listener = () => void;
const listeners = new Set<Listener>();

let state: AppState = {
  me: undefined,
  orders: {},
  loaded: false,
  live: true,
  waiting: [],
  toast: null,
  skew: 0,
  sound: localStorage.getItem('onekey-stores-sound') !== 'off',
};

export const app = (): AppState => state;

export function update(change: Partial<AppState>): void {
  state = { ...state, ...change };
  for (const listener of [...listeners]) listener();
}

export function useApp(): AppState {
  const [, again] = useState(0);
  useEffect(() => {
    const listener = (): void => again((n) => n + 1);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, []);
  return state;
}

export const serverNow = (): number => Date.now() + state.skew;

let toasts = 0;
export function say(text: string, kind: Toast['kind'] = 'good'): void {
  const id = ++toasts;
  update({ toast: { text, kind, id } });
  setTimeout(() => state.toast?.id === id && update({ toast: null }), kind === 'bad' ? 8000 : 4000);
}

/** The current second of the server, for countdowns. */
export function useNow(every = 1000): number {
  const [now, look] = useState(serverNow());
  useEffect(() => {
    const timer = setInterval(() => look(serverNow()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}
