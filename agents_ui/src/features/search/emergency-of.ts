import type { LiveState } from '../../live/reducer';

export interface Emergency {
  id: string;
  number: string;
  /** Not hers: the one that the asker works on, about somebody else. The server finds hers by itself. */
  mine: boolean;
}

const found = new WeakMap<LiveState['cases'], Map<string, Emergency | null>>();

/** The emergency for which somebody may want to see this elder: hers, else the asker's own newest. The same object as long as nothing changed. */
export function emergencyOf(state: Pick<LiveState, 'cases'>, meId: string, elderId: string): Emergency | null {
  const kept = found.get(state.cases) ?? new Map<string, Emergency | null>();
  found.set(state.cases, kept);
  const key = `${meId} ${elderId}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  const open = Object.values(state.cases)
    .filter((one) => one.severity === 'E0' && (one.state === 'new' || one.state === 'owned' || one.state === 'waiting'))
    .sort((a, b) => b.opened_at.localeCompare(a.opened_at));
  const hers = open.find((one) => one.elder_id === elderId);
  const mine = open.find((one) => one.owner_id === meId);
  const best = hers ?? mine;
  const made = best === undefined ? null : { id: best.id, number: best.number, mine: hers === undefined };
  kept.set(key, made);
  return made;
}
