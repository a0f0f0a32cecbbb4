import { lookUp } from '../../i18n/words';
import type { Complaint } from './queries';

type Group = 'state' | 'source' | 'waits' | 'missed' | 'told' | 'rating';

/** The word for a code of the server; one that is new to us is shown as it is. */
export function say(group: Group, code: string | number): string {
  return lookUp(`complaintPage.${group}.${code}`) ?? String(code);
}

/** Whose work it is about: the store first, then the agent; "" when nobody is named. */
export function concerns(complaint: Pick<Complaint, 'store_name' | 'agent_name'>): string {
  return [complaint.store_name, complaint.agent_name].filter(Boolean).join(' · ');
}

/** Where it came from, with the rating that opened it: 评分 1 · 很不满意. */
export function cameFrom(complaint: Pick<Complaint, 'source' | 'rating'>): string {
  if (complaint.rating === null) return say('source', complaint.source);
  return `${say('source', complaint.source)} ${complaint.rating} · ${say('rating', complaint.rating)}`;
}
