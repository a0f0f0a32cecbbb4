import type { FormValues } from './profile-form';

/** What is typed and not yet saved, while somebody answers a call in between. In memory only: it is an elder's private data. */
export interface Draft {
  version: number;
  before: FormValues;
  values: FormValues;
}

const drafts = new Map<string, Draft>();
const key = (userId: string, elderId: string): string => `${userId}:${elderId}`;

export const hasDraft = (userId: string, elderId: string): boolean => drafts.has(key(userId, elderId));
export const draftOf = (userId: string, elderId: string): Draft | undefined => drafts.get(key(userId, elderId));
export function keepDraft(userId: string, elderId: string, draft: Draft | null): void {
  if (draft === null) drafts.delete(key(userId, elderId));
  else drafts.set(key(userId, elderId), draft);
}
