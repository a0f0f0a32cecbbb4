import type { Attempt, Attempts, ElderCard, EmergencyView } from '../../api/types';

/** Pure: contacts and the grid worker with what became of the last call to each. */

export interface Rung {
  key: string;
  contactId: string | null;
  workerId: string | null;
  name: string;
  relation: string;
  number: string;
  hasKey: boolean;
  last: Attempt | null;
}

const ORDER: Record<string, number> = { going: 0, talks: 1, calling: 2 };

/** Who goes is first, then who rings; the others in their order, key-holders first, the grid worker last. */
export function rungsOf(elder: ElderCard | null, told: Attempts | undefined): Rung[] {
  const attempts = told?.attempts ?? []; // the newest first
  const people: Rung[] = (elder?.contacts ?? []).map((contact) => ({
    key: contact.id,
    contactId: contact.id,
    workerId: null,
    name: contact.name,
    relation: contact.relation,
    number: contact.text,
    hasKey: contact.has_key,
    last: attempts.find((one) => one.contact_id === contact.id) ?? null,
  }));
  const worker = elder?.grid_worker;
  if (worker)
    people.push({
      key: worker.id,
      contactId: null,
      workerId: worker.id,
      name: worker.name,
      relation: '',
      number: worker.text,
      hasKey: false,
      last: attempts.find((one) => one.worker_id === worker.id) ?? null,
    });
  const rank = (one: Rung): number => ORDER[one.last?.state ?? ''] ?? 9;
  return people
    .map((one, index) => ({ one, index }))
    .sort((a, b) => rank(a.one) - rank(b.one) || a.index - b.index)
    .map(({ one }) => one);
}

/** Calls of hers that the system made by itself, newest first. */
export const calledBack = (told: Attempts | undefined): Attempt[] =>
  (told?.attempts ?? []).filter((one) => one.who === 'elder');

/** What the head says of help on its way. `who`: of whoever is going, once it has been asked who that is. */
export interface Help {
  state: 'calling' | 'going' | 'arrived' | 'ended';
  who: Attempt | null;
}

/** Who is going stays said, whatever is called after it; null: nobody was called, or the calls were stopped. */
export function helpOf(emergency: Pick<EmergencyView, 'ladder' | 'attempts'>, told: Attempts | undefined): Help | null {
  const going = emergency.attempts.findLast((one) => one.state === 'going');
  if (going)
    return {
      state: going.arrived_at === null ? 'going' : 'arrived',
      who: told?.attempts.find((one) => one.id === going.id) ?? null,
    };
  const rings = emergency.attempts.some((one) => one.who !== 'elder' && one.state === 'calling');
  if (rings || emergency.ladder?.state === 'running') return { state: 'calling', who: null };
  return emergency.ladder?.state === 'ended' ? { state: 'ended', who: null } : null;
}

export const isGood = (state: string): boolean => state === 'going';
export const isBad = (state: string): boolean => ['cannot', 'no_answer', 'busy', 'failed'].includes(state);
