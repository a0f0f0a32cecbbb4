import type { CaseSummary, Me } from '../../api/types';
import { asApiError } from '../../api/errors';
import { may } from '../../app/session';
import { errorText, lookUp } from '../../i18n/words';
import type { LiveState } from '../../live/reducer';

type Owned = Pick<CaseSummary, 'state' | 'owner_id'>;

export interface Moves {
  take: boolean;
  give: boolean;
  free: boolean;
}

/** What somebody may do with a case's owner; the server has the same rule (cases/ownership.py). */
export function movesOf(me: Me, item: Owned): Moves {
  const open = item.state === 'new' || item.state === 'owned' || item.state === 'waiting';
  if (!open || !may(me, 'cases:write')) return { take: false, give: false, free: false };
  const assigns = may(me, 'cases:assign');
  const mine = item.owner_id === me.id;
  return {
    take: !mine && (assigns || item.owner_id === null || item.state === 'waiting'),
    give: assigns || mine || item.owner_id === null,
    free: item.owner_id !== null && (assigns || mine),
  };
}

/** A refusal that names whoever was faster, or works on it. */
export function moveError(thrown: unknown): string {
  const { code, details } = asApiError(thrown);
  const name = code === 'owner_changed' ? details.owner_name : code === 'case_locked' ? details.holder_name : null;
  const key = code === 'owner_changed' ? 'nowHas' : 'worksOnIt';
  return (typeof name === 'string' && name !== '' && lookUp(`floorPage.floor.${key}`, { name })) || errorText(thrown);
}

export interface Arrival {
  caseId: string;
  by: string;
  word: string;
  number: string;
}

/** Cases that somebody has just given to us. What lay in the first snapshot is not news. */
export function arrivals(before: LiveState, after: LiveState, myId: string): Arrival[] {
  if (before.seq < 0 || before.cases === after.cases) return [];
  return Object.values(after.cases).flatMap((item) => {
    const { handed } = item;
    if (!handed || handed.by_id === myId || before.cases[item.id]?.handed?.at === handed.at) return [];
    return [{ caseId: item.id, by: handed.by_name, word: handed.word, number: item.number }];
  });
}

/** Call-backs that somebody has just put to us. */
export function putToUs(before: LiveState, after: LiveState, myId: string): string[] {
  if (before.seq < 0 || before.tasks === after.tasks) return [];
  return Object.values(after.tasks)
    .filter((task) => task.state === 'open' && task.owner_id === myId && before.tasks[task.id]?.owner_id !== myId)
    .map((task) => task.id);
}
