import { local } from '../kit/storage';
import { Store } from '../kit/store';

export type Language = 'zh' | 'en';

const LANGUAGE = 'onekey.language';

/** Chinese unless somebody chose English on this machine. */
export const language = new Store<Language>(local.get(LANGUAGE) === 'en' ? 'en' : 'zh');

export function setLanguage(next: Language): void {
  local.set(LANGUAGE, next);
  language.set(next);
}
