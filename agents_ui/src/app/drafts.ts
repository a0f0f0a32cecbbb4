import type { KeyValue } from '../kit/storage';
import { local } from '../kit/storage';

const PREFIX = 'onekey.draft.';

/** Words not yet saved, by what they are for: a reload or a crash must not lose them. */
export class Drafts {
  constructor(private readonly storage: KeyValue) {}

  get(key: string): string {
    return this.storage.get(PREFIX + key) ?? '';
  }

  set(key: string, text: string): void {
    if (text === '') this.storage.remove(PREFIX + key);
    else this.storage.set(PREFIX + key, text);
  }

  clear(key: string): void {
    this.storage.remove(PREFIX + key);
  }
}

export const drafts = new Drafts(local);
export const noteKey = (caseId: string): string => `note.${caseId}`;
export const wrapUpKey = (callId: string): string => `wrap-up.${callId}`;
export const complaintKey = (caseId: string): string => `complaint.${caseId}`;
