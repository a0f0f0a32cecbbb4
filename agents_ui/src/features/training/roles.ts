import type { TrainingElder, TrainingOthers, TrainingStore } from '../../api/types';
import { lookUp } from '../../i18n/words';
import { phoneNumber } from '../../kit/format';

export const ROLES = ['elder', 'family', 'outside', 'worker', 'store'] as const;
export type Role = (typeof ROLES)[number];

/** Whose telephone can be played. */
export interface Played {
  number: string;
  /** Text messages to these are read here too. */
  others: string[];
  name: string;
  about: string;
}

export const elderPlayed = (elder: TrainingElder): Played => ({
  number: elder.number,
  others: elder.others ?? [],
  name: elder.name,
  about: lookUp(`training.whatFor.${elder.what_for}`) ?? elder.what_for,
});

export const storePlayed = (store: TrainingStore): Played => ({
  number: store.number,
  others: [],
  name: store.name,
  about: [store.contact, store.place].filter(Boolean).join(' · '),
});

export const nameOf = (played: Played): string => played.name || phoneNumber(played.number);

const FIRST = ['120', '110', '119'];

/** Family, outside help and grid workers; 120 is there even where a centre has written no number of its own. */
export function othersPlayed(others: TrainingOthers): Record<'family' | 'outside' | 'worker', Played[]> {
  const agencies = others.agencies.map((one) => ({
    number: one.number,
    others: [],
    name: lookUp(`emergencyPage.agency.${one.agency}`) ?? one.label,
    about: one.label,
  }));
  const rank = (one: Played): number => (FIRST.includes(one.number) ? FIRST.indexOf(one.number) : FIRST.length);
  return {
    family: others.contacts.map((one) => ({
      number: one.number,
      others: [],
      name: `${one.relation} ${one.name}`,
      about: [lookUp('training.familyOf', { name: one.elder_name }), one.has_key ? lookUp('elder.key') : '']
        .filter(Boolean)
        .join(' · '),
    })),
    outside: agencies.sort((a, b) => rank(a) - rank(b)),
    worker: others.workers.map((one) => ({ number: one.number, others: [], name: one.name, about: one.place })),
  };
}
