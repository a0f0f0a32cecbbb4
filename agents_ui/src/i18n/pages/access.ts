import type { SameKeys } from '../same-keys';

/** Texts of this part of the console, and words for the errors it may meet. */
const texts = {};
const errors = {};

const textsEn: SameKeys<typeof texts> = {};
const errorsEn: SameKeys<typeof errors> = {};

export const access = { zh: { texts, errors }, en: { texts: textsEn, errors: errorsEn } };
