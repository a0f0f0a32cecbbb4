import { errorsEn, textsEn } from './admin/en';
import { errors, texts } from './admin/zh';

/** Texts of this part of the console, and words for the errors it may meet. */
export const admin = { zh: { texts, errors }, en: { texts: textsEn, errors: errorsEn } };
