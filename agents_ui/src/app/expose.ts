import type { Phone } from '../phone/phone';
import type { Console } from './console';

/** For tests and for support on the telephone ("what does window.onekey.phone.state() say?"): looking only, no acting. */
export interface Exposed {
  store: { get: () => unknown } | null;
  phone: Pick<Phone, 'state' | 'levels' | 'tone'>;
}

declare global {
  interface Window {
    onekey?: Exposed;
  }
}

export function exposePhone(phone: Phone, store: Exposed['store'] = null): void {
  window.onekey = { store, phone: { state: phone.state, levels: phone.levels, tone: phone.tone } };
}

export function exposeForTests(made: Console): void {
  exposePhone(made.phone, { get: made.live.get });
}
