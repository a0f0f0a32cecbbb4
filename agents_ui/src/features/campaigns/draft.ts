import type { Chosen, NewCampaign } from './queries';

export interface Draft {
  name: string;
  prompt: string;
  by: 'place' | 'names';
  region: string | null;
  risk: number | null;
  living: Chosen['living'];
  category: string | null;
  health: string[];
  elders: { id: string; name: string }[];
  startsAt: string | null;
  from: number;
  until: number;
}

export const EMPTY: Draft = {
  name: '', prompt: '', by: 'place', region: null, risk: null, living: null, category: null, health: [], elders: [], startsAt: null,
  from: 8, until: 20,
}; // prettier-ignore

export type Lack = 'name' | 'prompt' | 'elders' | 'health' | 'hours';

/** What keeps it from being made. */
export function lacks(draft: Draft): Lack[] {
  const found: Lack[] = [];
  if (draft.name.trim() === '') found.push('name');
  if (draft.prompt === '') found.push('prompt');
  if (draft.by === 'names' && draft.elders.length === 0) found.push('elders');
  if (draft.by === 'place' && draft.health.some((one) => one.trim().length < 2)) found.push('health');
  if (draft.from >= draft.until) found.push('hours');
  return found;
}

/** As it is sent: by place or by name, never what was filled in of the other. */
export function toBody(draft: Draft): NewCampaign {
  const byName = draft.by === 'names';
  return {
    name: draft.name.trim(),
    prompt: draft.prompt,
    chosen: {
      elder_ids: byName ? draft.elders.map((one) => one.id) : [],
      region_id: byName ? null : draft.region,
      risk_from: byName ? 0 : (draft.risk ?? 0),
      living: byName ? null : (draft.living ?? null),
      category: byName ? '' : (draft.category ?? ''),
      health_words: byName ? [] : draft.health.map((one) => one.trim()),
    },
    starts_at: draft.startsAt,
    hour_from: draft.from,
    hour_until: draft.until,
  };
}
