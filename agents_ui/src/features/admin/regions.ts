import type { Region } from './queries';

export interface RegionChoice {
  value: string;
  title: string;
  children: RegionChoice[];
}

/** The tree to choose from: what is retired is left out, unless it is chosen already. */
export function regionTree(regions: readonly Region[], chosen: readonly string[] = []): RegionChoice[] {
  const shown = regions.filter((region) => !region.retired || chosen.includes(region.id));
  const nodes = new Map(
    shown.map((region) => [region.id, { value: region.id, title: region.name, children: [] as RegionChoice[] }]),
  );
  const roots: RegionChoice[] = [];
  for (const region of shown) {
    const node = nodes.get(region.id);
    if (node === undefined) continue;
    const parent = region.parent_id === null ? undefined : nodes.get(region.parent_id);
    (parent?.children ?? roots).push(node);
  }
  return roots;
}
