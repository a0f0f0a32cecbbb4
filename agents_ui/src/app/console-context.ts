import { createContext, useContext } from 'react';
import type { Me, ServerInfo } from '../api/types';
import { useStore } from '../kit/store';
import type { LiveState } from '../live/reducer';
import type { PhoneState } from '../phone/state';
import type { Console } from './console';
import type { SessionStore } from './session';

export interface ConsoleValue {
  desk: Console;
  session: SessionStore;
  me: Me;
  server: ServerInfo;
}

export const ConsoleContext = createContext<ConsoleValue | null>(null);

export function useConsole(): ConsoleValue {
  const value = useContext(ConsoleContext);
  if (value === null) throw new Error('used outside the console');
  return value;
}

export function useLive<R>(select: (state: LiveState) => R): R {
  return useStore(useConsole().desk.live, select);
}

export function usePhone<R>(select: (state: PhoneState) => R): R {
  return useStore(useConsole().desk.phone, select);
}

/** The server's time in ms, turning once a second (or as the ticker beats, for `step` below that). */
export function useNow(step = 1000): number {
  const now = useStore(useConsole().desk.live.ticker, (value) => Math.floor(value / step) * step);
  return now;
}
