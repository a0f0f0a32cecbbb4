import type { CallView } from '../api/types';
import { session, type KeyValue } from '../kit/storage';
import { Store } from '../kit/store';

const KEY = 'onekey.focus.';

export interface Focus {
  /** The case in the middle of the screen. */
  caseId: string | null;
  /** The call that brought it there, whose pop can be shown before the case has been fetched. */
  callId: string | null;
}

const NOTHING: Focus = { caseId: null, callId: null };

function restore(storage: KeyValue, key: string): Focus {
  const caseId = storage.get(key);
  return caseId ? { caseId, callId: null } : NOTHING;
}

/** Which case this agent looks at. A call that rings or talks takes the middle by itself; people may look elsewhere meanwhile. */
export class FocusStore extends Store<Focus> {
  constructor(
    private readonly agentId: string,
    private readonly storage: KeyValue = session,
  ) {
    super(restore(storage, KEY + agentId));
  }

  openCase(caseId: string): void {
    if (this.get().caseId === caseId) return;
    this.keep({ caseId, callId: null });
  }

  openCall(call: CallView): void {
    const now = this.get();
    if (now.callId === call.id && now.caseId === call.case_id) return;
    this.keep({ caseId: call.case_id, callId: call.id });
  }

  clear(): void {
    this.keep(NOTHING);
  }

  private keep(next: Focus): void {
    if (next.caseId === null) this.storage.remove(KEY + this.agentId);
    else this.storage.set(KEY + this.agentId, next.caseId);
    this.set(next);
  }
}
