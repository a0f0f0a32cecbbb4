import { lookUp } from '../../i18n/words';
import type { Trace } from './queries';

/** "elder:read" in words; one that is new to us is shown as it is rather than hidden. */
export function verbWord(verb: string): string {
  return lookUp(`accessPage.verb.${verb.replace(/[:-]/g, '_')}`) ?? verb;
}

/** What somebody did, told to the elder's daughter: by the reason, where that says more. */
export function told(trace: Trace): string {
  const key = trace.verb.replace(/[:-]/g, '_');
  return lookUp(`accessPage.told.${key}_${trace.why}`) ?? lookUp(`accessPage.told.${key}`) ?? verbWord(trace.verb);
}

const ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Ids become names where there is one; the rest keeps its last letters, enough to tell two apart. */
export function named(text: string, names: Readonly<Record<string, string>>): string {
  return text.replace(ID, (id) => names[id] ?? `…${id.slice(-6)}`);
}

export function detailText(
  details: Readonly<Record<string, unknown>>,
  names: Readonly<Record<string, string>>,
): string {
  return Object.entries(details)
    .filter(([, value]) => !(Array.isArray(value) && value.length === 0))
    .map(([key, value]) => {
      const word = lookUp(`accessPage.detail.${key}`) ?? key;
      if (value === true) return word;
      const list = Array.isArray(value) ? value : [value];
      const shown = list.map((one) => {
        const text = typeof one === 'object' && one !== null ? JSON.stringify(one) : String(one);
        return lookUp(`accessPage.value.${text}`) ?? named(text, names);
      });
      return `${word}: ${shown.join(', ') || '–'}`;
    })
    .join(' · ');
}

export function purposeText(purpose: string, names: Readonly<Record<string, string>>): string {
  const [kind = '', id] = purpose.split(':');
  const word = lookUp(`accessPage.purpose.${kind}`) ?? kind;
  return id === undefined ? word : `${word} ${named(id, names)}`;
}
