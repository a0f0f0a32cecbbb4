import type { HandoverCase, HandoverView } from '../../api/types';
import type { components } from '../../api/schema';

export type SaveDraft = components['schemas']['SaveDraft'];
type DraftCase = NonNullable<SaveDraft['cases']>[number];

/** What the leaving lead says of one case: stay, queue, or somebody's id. */
export type Where = 'stay' | 'queue' | (string & {});

export interface Draft {
  where: Readonly<Record<string, { where: Where; seen: string | null; note: string }>>;
  elders: Readonly<Record<string, string>>;
  remarks: string;
}

export function draftOf(view: HandoverView): Draft {
  const { content } = view;
  return {
    where: Object.fromEntries(
      (content?.cases ?? [])
        .filter((item) => item.decision !== null)
        .map((item) => [
          item.case_id,
          {
            where: item.decision === 'give' ? (item.to ?? 'stay') : (item.decision ?? 'stay'),
            seen: item.owner_id,
            note: item.note,
          },
        ]),
    ),
    elders: Object.fromEntries(
      (content?.elders ?? []).filter((elder) => elder.chosen).map((elder) => [elder.elder_id, elder.note]),
    ),
    remarks: content?.remarks ?? '',
  };
}

export function toSave(draft: Draft, version: number): SaveDraft {
  const cases = Object.entries(draft.where).map(([case_id, { where, seen, note }]): DraftCase => {
    const to = where !== 'stay' && where !== 'queue' ? where : null;
    return {
      case_id,
      decision: to !== null ? 'give' : where === 'queue' ? 'queue' : 'stay',
      to,
      seen_owner_id: seen,
      note,
    };
  });
  return {
    version,
    cases,
    elders: Object.entries(draft.elders).map(([elder_id, note]) => ({ elder_id, note })),
    remarks: draft.remarks,
  };
}

/** The leaving lead's own cases that have no place to go yet: without one she cannot sign. */
export function undecided(cases: readonly HandoverCase[], draft: Draft, myId: string): HandoverCase[] {
  return cases.filter((item) => item.owner_id === myId && (draft.where[item.case_id]?.where ?? 'stay') === 'stay');
}
