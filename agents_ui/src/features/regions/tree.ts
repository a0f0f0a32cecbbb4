import type { RegionView } from './queries';

export interface Row extends RegionView {
  key: string;
  children?: Row[];
}

/** The tree as a table shows it. Without `retired` those are left out; `text` keeps what fits and all above it. */
export function rowsOf(regions: readonly RegionView[], retired: boolean, text: string): Row[] {
  const wanted = text.trim().toLowerCase();
  const below = new Map<string | null, RegionView[]>();
  for (const region of regions) {
    if (region.retired && !retired) continue;
    below.set(region.parent_id, [...(below.get(region.parent_id) ?? []), region]);
  }
  const fits = (region: RegionView): boolean =>
    wanted === '' || region.name.toLowerCase().includes(wanted) || region.code.toLowerCase().includes(wanted);
  const of = (parent: string | null, all: boolean): Row[] =>
    (below.get(parent) ?? []).flatMap((region) => {
      const own = all || fits(region);
      const children = of(region.id, own && wanted !== '' ? true : all);
      if (!own && children.length === 0) return [];
      return [{ ...region, key: region.id, ...(children.length > 0 ? { children } : {}) }];
    });
  return of(null, false);
}

/** 樊城·中原·施营 */
export function placeOf(regions: readonly RegionView[], id: string): string {
  const known = new Map(regions.map((one) => [one.id, one]));
  const names: string[] = [];
  for (let at = known.get(id); at !== undefined; at = at.parent_id ? known.get(at.parent_id) : undefined) {
    names.unshift(at.short_name);
  }
  return names.join('·');
}

const ABOVE = { district: null, street: 'district', community: 'street', grid: 'community' } as const;

/** Where a region may go: those of the level above, in use, but where it is. */
export function parentsFor(regions: readonly RegionView[], region: RegionView): RegionView[] {
  return regions.filter((one) => one.level === ABOVE[region.level] && !one.retired && one.id !== region.parent_id);
}
