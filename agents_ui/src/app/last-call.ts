import type { CallView } from '../api/types';
import { session, type KeyValue } from '../kit/storage';
import { Store } from '../kit/store';

const KEY = 'onekey.last-call.';

export interface LastCall {
  callId: string;
  caseId: string | null;
  /** Its outcome was saved. */
  wrappedUp: boolean;
}

function restore(storage: KeyValue, key: string): LastCall | null {
  try {
    const kept = JSON.parse(storage.get(key) ?? 'null') as Partial<LastCall> | null;
    if (kept === null || typeof kept.callId !== 'string') return null;
    return { callId: kept.callId, caseId: kept.caseId ?? null, wrappedUp: kept.wrappedUp === true };
  } catch {
    return null;
  }
}

/**
 * The call that this agent talked on last, also after a reload: its outcome is asked for until it is given. The next agent
 * in the same tab is not asked: the call is not theirs to wrap up.
 */
export class LastCallStore extends Store<LastCall | null> {
  constructor(
    private readonly agentId: string,
    private readonly storage: KeyValue = session,
  ) {
    super(restore(storage, KEY + agentId));
  }

  talking(call: CallView): void {
    const now = this.get();
    if (now?.callId === call.id && now.caseId === call.case_id) return;
    this.keep({ callId: call.id, caseId: call.case_id, wrappedUp: false });
  }

  wrappedUp(callId: string): void {
    const now = this.get();
    if (now?.callId === callId) this.keep({ ...now, wrappedUp: true });
  }

  private keep(next: LastCall): void {
    this.storage.set(KEY + this.agentId, JSON.stringify(next));
    this.set(next);
  }
}
