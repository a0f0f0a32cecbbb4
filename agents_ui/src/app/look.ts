import type { Look } from '../live/emergency';
import { Store } from '../kit/store';
import type { FocusStore } from './focus';

/** Whether the emergency screen of the case in the middle was left or asked for. Looking at another case and coming back starts afresh. */
export class LookStore extends Store<Look | null> {
  constructor(private readonly focus: FocusStore) {
    super(null);
    focus.subscribe(() => {
      if (this.get() !== null && this.get()?.caseId !== focus.get().caseId) this.set(null);
    });
  }

  leave(): void {
    const { caseId } = this.focus.get();
    if (caseId !== null) this.set({ caseId, in: false });
  }

  enter(caseId: string): void {
    this.focus.openCase(caseId);
    this.set({ caseId, in: true });
  }
}
