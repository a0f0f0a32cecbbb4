import type { Profile } from '../../api/types';
import { lookUp, word } from '../../i18n/words';
import { phoneNumber } from '../../kit/format';

/** The word for a field as the server names it. */
export function fieldLabel(field: string): string {
  return lookUp(`eldersPage.field.${field.replace('.', '_')}`) ?? field;
}

const GROUPS = {
  sex: 'sex',
  living: 'living',
  ability: 'ability',
  hearing: 'hearing',
  funding: 'funding',
  presence: 'presence',
  'health.fall_risk': 'fallRisk',
} as const;

interface KeptNumber {
  number: string;
  label: string;
}
interface KeptContact extends KeptNumber {
  name: string;
  relation: string;
  has_key: boolean;
  key_note: string;
  is_guardian: boolean;
  valid_from: string | null;
  valid_to: string | null;
}

function one(field: string, value: unknown): string {
  const say = (key: string, values: Record<string, string> = {}): string =>
    lookUp(`eldersPage.value.${key}`, values) ?? key;
  if (value === null || value === undefined || value === '') return '';
  if (field === 'has_lift') return say(value === true ? 'lift' : 'noLift');
  if (field === 'photo') return lookUp(`eldersPage.changes.${value === true ? 'photoNew' : 'photoNone'}`) ?? '';
  if (typeof value === 'boolean') return say(value ? 'yes' : 'no');
  if (field in GROUPS && typeof value === 'string') return word(GROUPS[field as keyof typeof GROUPS], value);
  if (field === 'family_doctor_number' && typeof value === 'string') return phoneNumber(value);
  if (field === 'numbers') {
    const { number, label } = value as KeptNumber;
    return phoneNumber(number) + (label ? ` (${label})` : '');
  }
  if (field === 'contacts') {
    const contact = value as KeptContact;
    return [
      `${contact.relation} ${contact.name}`,
      phoneNumber(contact.number),
      contact.has_key ? say('hasKey') + (contact.key_note ? ` (${contact.key_note})` : '') : '',
      contact.is_guardian ? say('guardian') : '',
      contact.valid_from ? say('from', { date: contact.valid_from }) : '',
      contact.valid_to ? say('until', { date: contact.valid_to }) : '',
    ]
      .filter(Boolean)
      .join(' ');
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value as string | number);
}

export interface Told {
  before: string;
  after: string;
  added: string[];
  removed: string[];
}

/** What changed in a field, in words: lists by what came and what went, anything else by before and after. */
export function tell(field: string, before: unknown, after: unknown): Told {
  if (Array.isArray(before) || Array.isArray(after)) {
    const was = ((before ?? []) as unknown[]).map((item) => one(field, item));
    const is = ((after ?? []) as unknown[]).map((item) => one(field, item));
    const added = is.filter((item) => !was.includes(item));
    const removed = was.filter((item) => !is.includes(item));
    const moved = added.length === 0 && removed.length === 0;
    return { added, removed, before: moved ? was.join('、') : '', after: moved ? is.join('、') : '' };
  }
  return { before: one(field, before), after: one(field, after), added: [], removed: [] };
}

export function addressOf(profile: Profile): string {
  const door = [profile.building, profile.unit, profile.door].filter(Boolean).join('-');
  return [profile.place, door, profile.street_address].filter(Boolean).join(' · ');
}
