import type { CallView } from '../api/types';
import { session, type KeyValue } from '../kit/storage';

const KEY = 'onekey.last-call';

export interface LastCall {
  callId: string;
  caseId: string | null;
  elderName: string;
  callerNumber: string;
  answeredAt: string | null;
}

/** The call that we talked on last: wrap-up is about it when it is no longer among the live ones, also after a reload. */
export class LastCallNote {
  constructor(private readonly storage: KeyValue = session) {}

  keep(call: CallView): void {
    const note: LastCall = {
      callId: call.id,
      caseId: call.case_id,
      elderName: call.elder_name,
      callerNumber: call.caller_number,
      answeredAt: call.answered_at,
    };
    this.storage.set(KEY, JSON.stringify(note));
  }

  get(): LastCall | null {
    try {
      return JSON.parse(this.storage.get(KEY) ?? 'null') as LastCall | null;
    } catch {
      return null;
    }
  }
}
