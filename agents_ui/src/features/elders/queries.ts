import { useQuery } from '@tanstack/react-query';
import { api, unwrap } from '../../api/client';
import type { DirectoryFilter, RegionView } from '../../api/types';

export interface Asked {
  q: string;
  filter: Partial<DirectoryFilter>;
  offset: number;
}

export function useDirectory({ q, filter, offset }: Asked) {
  const query = Object.fromEntries(
    Object.entries({ q, offset, ...filter }).filter(
      ([, value]) => value !== '' && value !== null && value !== undefined,
    ),
  );
  return useQuery({
    queryKey: ['directory', query],
    queryFn: ({ signal }) => unwrap(api.GET('/api/elders/directory', { params: { query }, signal })),
    placeholderData: (previous) => previous,
  });
}

export function useCategories() {
  return useQuery({
    queryKey: ['categories'],
    queryFn: () => unwrap(api.GET('/api/elders/categories')),
    staleTime: 5 * 60_000,
  });
}

export function useRegions() {
  return useQuery({
    queryKey: ['regions'],
    queryFn: () => unwrap(api.GET('/api/regions')),
    staleTime: 5 * 60_000,
  });
}

export function useProfile(id: string) {
  return useQuery({
    queryKey: ['profile', id],
    queryFn: () => unwrap(api.GET('/api/elders/{elder_id}/profile', { params: { path: { elder_id: id } } })),
    staleTime: 0,
    refetchOnMount: 'always',
  });
}

export interface TreeNode {
  value: string;
  label: string;
  children?: TreeNode[];
}

/** Regions as a cascade, down to `deepest`; retired ones are left out. */
export function regionTree(regions: readonly RegionView[], deepest: 'community' | 'grid' = 'community'): TreeNode[] {
  const below = (parent: string | null): TreeNode[] =>
    regions
      .filter((one) => one.parent_id === parent && !one.retired && (deepest === 'grid' || one.level !== 'grid'))
      .map((one) => {
        const children = below(one.id);
        return { value: one.id, label: one.name, ...(children.length > 0 && { children }) };
      });
  return below(null);
}

/** A region with all above it, from the top. */
export function chainOf(regions: readonly RegionView[], id: string | null | undefined): RegionView[] {
  const chain: RegionView[] = [];
  let at = regions.find((one) => one.id === id);
  while (at !== undefined) {
    chain.unshift(at);
    const parent = at.parent_id;
    at = regions.find((one) => one.id === parent);
  }
  return chain;
}
