import type { ItemForm, ItemInForce, Licence, VersionItem, VersionLine } from './queries';

/** 3000 → "30", 3050 → "30.50": fen as yuan. */
export function yuan(fen: number): string {
  return fen % 100 === 0 ? String(fen / 100) : (fen / 100).toFixed(2);
}

/** "30–50", or one of them when both are the same. */
export function range(low: string, high: string): string {
  return low === high ? low : `${low}–${high}`;
}

/** What a list of items shows, be it of a version or of a community. */
export type Shown = Omit<VersionItem, 'off_reason' | 'item_id'> & { off_reason: string; localised: boolean };

export const ofVersion = (item: VersionItem): Shown => ({ ...item, localised: false });
export const ofPlace = (item: ItemInForce): Shown => ({ ...item, off_reason: item.switched_off_reason });

/** By code, name in either language, pinyin or its initials. */
export function fits(item: Shown, typed: string): boolean {
  const text = typed.trim().toLowerCase();
  const sounds = item.pinyin.split(' ');
  return [
    item.code.toLowerCase(),
    item.name_zh,
    item.name_en.toLowerCase(),
    sounds.join(''),
    sounds.map((one) => one.slice(0, 1)).join(''),
  ].some((one) => one.includes(text));
}

/** Items by category, in the catalogue's order; empty ones are left out. */
export function byCategory<T extends { category: string }>(items: readonly T[]): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(item.category, [...(groups.get(item.category) ?? []), item]);
  return [...groups];
}

/** The version that is edited: the last that was not withdrawn. */
export function lastOf(versions: readonly VersionLine[]): VersionLine | undefined {
  return versions.find((one) => one.state !== 'withdrawn');
}

export function licenceName(licences: readonly Licence[], code: string, language: string): string {
  const known = licences.find((one) => one.code === code);
  return known === undefined ? code : language === 'zh' ? known.name_zh : known.name_en;
}

const FIELDS = [
  'code', 'category', 'name_zh', 'name_en', 'unit', 'price_min_fen', 'price_max_fen', 'price_public_fen', 'price_market_fen',
  'minutes_min', 'minutes_max', 'requirements', 'sla_class', 'home_visit', 'volunteer', 'claim_mode', 'active', 'off_reason',
] as const; // prettier-ignore

/** What is to be changed of an item: only those fields, so that what somebody else changes meanwhile stays hers. */
export type Draft = Partial<ItemForm>;
export type Drafts = Record<string, Draft>;

export function draftOf(old: VersionItem, now: ItemForm): Draft {
  const changed = FIELDS.filter((field) => JSON.stringify(old[field]) !== JSON.stringify(now[field]));
  return Object.fromEntries(changed.map((field) => [field, now[field]]));
}

/** The drafts laid over the items as they are now. A new item is whole in its draft. */
export function formsOf(items: readonly VersionItem[], drafts: Drafts): ItemForm[] {
  const known = new Map(items.map((item) => [item.code, item]));
  return Object.entries(drafts).map(([code, draft]) => {
    const old = known.get(code);
    return old === undefined ? ({ ...draft, is_new: true } as ItemForm) : { ...formOf(old), ...draft };
  });
}

export function formOf(item: VersionItem): ItemForm {
  return { is_new: false, ...Object.fromEntries(FIELDS.map((field) => [field, item[field]])) } as ItemForm;
}

export const CATEGORIES = [
  'housekeeping',
  'repair',
  'delivery',
  'personal_care',
  'escort',
  'companionship',
  'emergency',
] as const;
export const UNITS = ['hour', 'day', 'visit', 'meal', 'order', 'item', 'appliance', 'square_metre', 'case'] as const;
export const CLASSES = ['E0', 'U1', 'U2', 'N1', 'N2', 'PLAN'] as const;
export const HOME_VISIT = ['yes', 'no', 'optional'] as const;
export const VOLUNTEER = ['yes', 'low_risk', 'no'] as const;
export const CLAIM = ['open', 'assigned', 'centre'] as const;
