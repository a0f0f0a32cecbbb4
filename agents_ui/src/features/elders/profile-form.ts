import type { ApiError } from '../../api/errors';
import type { EditElder, NewElder, Profile } from '../../api/types';
import { phoneNumber } from '../../kit/format';

/** A profile as a form holds it: words where the wire has nulls, "" where nothing is known. All of it is plain, so that it can be compared. */
export interface FormNumber {
  id: string | null;
  number: string;
  label: string;
}
export interface FormContact {
  id: string | null;
  name: string;
  relation: string;
  number: string;
  has_key: boolean;
  key_note: string;
  is_guardian: boolean;
  valid_from: string;
  valid_to: string;
}
export interface FormHealth {
  chronic_illness: string[];
  medication: string[];
  allergies: string[];
  blood_type: '' | 'A' | 'B' | 'AB' | 'O' | 'A-' | 'B-' | 'AB-' | 'O-';
  implants: string[];
  fall_risk: 'low' | 'medium' | 'high' | 'unknown';
  notes: string;
}
export interface FormValues {
  name: string;
  sex: Profile['sex'];
  birth_date: string;
  /** Typed whole, or nothing: what is on record is never sent to the console. */
  id_number: string;
  id_cleared: boolean;
  card_number: string;
  community_id: string;
  grid_id: string;
  street_address: string;
  building: string;
  unit: string;
  door: string;
  floor: string;
  has_lift: 'yes' | 'no' | '';
  entrance_hint: string;
  latitude: string;
  longitude: string;
  household_registration: string;
  living: Profile['living'];
  categories: string[];
  ability: Profile['ability'];
  ability_on: string;
  hearing: Profile['hearing'];
  dialect: string;
  wandering: boolean;
  preferred_hospital: string;
  family_doctor: string;
  family_doctor_number: string;
  funding: Profile['funding'];
  numbers: FormNumber[];
  contacts: FormContact[];
  health: FormHealth;
}
export type FormField = keyof FormValues;

const NO_HEALTH: FormHealth = {
  chronic_illness: [],
  medication: [],
  allergies: [],
  blood_type: '',
  implants: [],
  fall_risk: 'unknown',
  notes: '',
};

export const EMPTY: FormValues = {
  name: '',
  sex: 'unknown',
  birth_date: '',
  id_number: '',
  id_cleared: false,
  card_number: '',
  community_id: '',
  grid_id: '',
  street_address: '',
  building: '',
  unit: '',
  door: '',
  floor: '',
  has_lift: '',
  entrance_hint: '',
  latitude: '',
  longitude: '',
  household_registration: '',
  living: 'unknown',
  categories: [],
  ability: 'not_assessed',
  ability_on: '',
  hearing: 'unknown',
  dialect: '',
  wandering: false,
  preferred_hospital: '',
  family_doctor: '',
  family_doctor_number: '',
  funding: 'self_pay',
  numbers: [],
  contacts: [],
  health: NO_HEALTH,
};

const text = (value: string | number | null | undefined): string =>
  value === null || value === undefined ? '' : String(value);

export function fromProfile(profile: Profile): FormValues {
  return {
    ...EMPTY,
    name: profile.name,
    sex: profile.sex,
    birth_date: text(profile.birth_date),
    card_number: text(profile.card_number),
    community_id: profile.community_id,
    grid_id: text(profile.grid_id),
    street_address: profile.street_address,
    building: profile.building,
    unit: profile.unit,
    door: profile.door,
    floor: text(profile.floor),
    has_lift: profile.has_lift === null ? '' : profile.has_lift ? 'yes' : 'no',
    entrance_hint: profile.entrance_hint,
    latitude: text(profile.latitude),
    longitude: text(profile.longitude),
    household_registration: profile.household_registration,
    living: profile.living,
    categories: profile.categories,
    ability: profile.ability,
    ability_on: text(profile.ability_on),
    hearing: profile.hearing,
    dialect: profile.dialect,
    wandering: profile.wandering,
    preferred_hospital: profile.preferred_hospital,
    family_doctor: profile.family_doctor,
    family_doctor_number: phoneNumber(profile.family_doctor_number),
    funding: profile.funding,
    numbers: profile.numbers.map((one) => ({ id: one.id, number: one.text, label: one.label })),
    contacts: profile.contacts.map((one) => ({
      id: one.id,
      name: one.name,
      relation: one.relation,
      number: one.text,
      has_key: one.has_key,
      key_note: one.key_note,
      is_guardian: one.is_guardian,
      valid_from: text(one.valid_from),
      valid_to: text(one.valid_to),
    })),
    health: profile.health ? { ...NO_HEALTH, ...profile.health } : NO_HEALTH,
  };
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
const FIELDS = Object.keys(EMPTY) as FormField[];

export function changedFields(before: FormValues, now: FormValues): FormField[] {
  return FIELDS.filter((field) => !same(before[field], now[field]));
}

const orNull = (value: string): string | null => (value.trim() === '' ? null : value.trim());
const numberOrNull = (value: string): number | null => (value.trim() === '' ? null : Number(value));

function contactOut(one: FormContact) {
  return { ...one, id: one.id, valid_from: orNull(one.valid_from), valid_to: orNull(one.valid_to) };
}

/** One field as the server takes it. */
function out(values: FormValues, field: FormField): Partial<EditElder> {
  switch (field) {
    case 'id_cleared':
      return values.id_cleared && values.id_number.trim() === '' ? { id_number: null } : {};
    case 'id_number':
      return values.id_number.trim() === '' ? {} : { id_number: values.id_number.trim() };
    case 'birth_date':
    case 'ability_on':
    case 'card_number':
    case 'grid_id':
      return { [field]: orNull(values[field]) };
    case 'floor':
    case 'latitude':
    case 'longitude':
      return { [field]: numberOrNull(values[field]) };
    case 'has_lift':
      return { has_lift: values.has_lift === '' ? null : values.has_lift === 'yes' };
    case 'contacts':
      return { contacts: values.contacts.map(contactOut) };
    case 'health':
      return { health: same(values.health, NO_HEALTH) ? null : values.health };
    default:
      return { [field]: values[field] };
  }
}

/** Only what was changed goes to the server: two people at two fields do not undo each other. */
export function toEdit(before: FormValues, now: FormValues, version: number): EditElder {
  return Object.assign({ version }, ...changedFields(before, now).map((field) => out(now, field))) as EditElder;
}

export function toNew(values: FormValues): NewElder {
  const fields = FIELDS.filter((field) => !['numbers', 'contacts', 'id_cleared'].includes(field));
  return Object.assign({}, ...fields.map((field) => out(values, field)), {
    numbers: values.numbers.map((one) => one.number),
    contacts: values.contacts.map((one) => {
      const { id, ...contact } = contactOut(one);
      void id;
      return contact;
    }),
  }) as NewElder;
}

/** Somebody was quicker: her save below, ours above. What both changed keeps our words and is named, to be looked at. */
export function rebased(
  before: FormValues,
  typed: FormValues,
  fresh: FormValues,
): { values: FormValues; conflicts: FormField[] } {
  const mine = changedFields(before, typed);
  const theirs = changedFields(before, fresh);
  const values = { ...fresh, ...Object.fromEntries(mine.map((field) => [field, typed[field]])) };
  return { values, conflicts: mine.filter((field) => theirs.includes(field) && !same(typed[field], fresh[field])) };
}

/** Where in the form the server found a fault: "numbers.0.number" → ["numbers", 0, "number"]. */
export function faultyFields(error: ApiError): { path: (string | number)[]; code: string }[] {
  const at = (field: string): (string | number)[] =>
    field.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  const { field, fields } = error.details;
  if (typeof field === 'string' && field !== '') {
    // a new profile sends its numbers as bare words
    return [{ path: at(/^numbers\.\d+$/.test(field) ? `${field}.number` : field), code: error.code }];
  }
  if (!Array.isArray(fields)) return [];
  return (fields as unknown[]).flatMap((one) => {
    const name = (one as { field?: unknown }).field;
    return typeof name === 'string' ? [{ path: at(name), code: 'invalid' }] : [];
  });
}

/** By what somebody else's save calls them → in the form. */
export function formFieldOf(changed: string): FormField | null {
  if (changed.startsWith('health.')) return 'health';
  if (changed === 'community') return 'community_id';
  if (changed === 'grid') return 'grid_id';
  return (FIELDS as string[]).includes(changed) ? (changed as FormField) : null;
}
