import i18next from 'i18next';
import { asApiError } from '../api/errors';
import type { zhWords } from './zh-words';

type Group = keyof typeof zhWords;

/** The word for a code of the server; a code that is new to us is shown as it is rather than hidden. */
export function word(group: Group, code: string): string {
  return lookUp(`${group}.${code}`) ?? code;
}

/** What to tell somebody of anything that was thrown. */
export function errorText(thrown: unknown): string {
  const error = asApiError(thrown);
  return lookUp(`error.${error.code}`, error.details) ?? error.message;
}

/** For keys that are put together at run time. */
export function lookUp(key: string, values: Readonly<Record<string, unknown>> = {}): string | null {
  if (!i18next.exists(key)) return null;
  return String(i18next.t(key as never, values as never));
}
