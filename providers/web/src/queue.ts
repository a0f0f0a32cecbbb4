/**
 * What was pressed and has no answer yet, in the order it was pressed. Each has its Idempotency-Key from the press on, so that it may be sent as often as
 * the network needs: it is done once. Everything goes through here, also with a good network: one way, no double submit.
 */
import { post, Refused } from './api';

export type ActionKind =
  | 'accept'
  | 'decline'
  | 'set_out'
  | 'send'
  | 'give_back'
  | 'no_answer'
  | 'check_in'
  | 'check_out'
  | 'photo'
  | 'finish'
  | 'call';

export interface Action {
  key: string;
  kind: ActionKind;
  order: string;
  path: string;
  body: unknown;
  at: number;
}

export interface Outcome {
  action: Action;
  answer?: unknown;
  refused?: Refused;
  /** later ones of the same order, which make no sense after the refusal */
  dropped: Action[];
}

/** Whether a refusal says "not now": then it is sent again. 401: after she has signed in again. */
export const isForLater = (error: Refused): boolean =>
  error.status >= 500 || error.status === 429 || error.status === 401 || error.code === 'csrf';

export class Queue {
  private actions: Action[] = [];
  private running = false;
  private again = false;

  constructor(
    private readonly keep: (actions: Action[]) => Promise<void>,
    private readonly changed: (actions: Action[]) => void,
    private readonly settled: (outcome: Outcome) => void,
    private readonly blocked: (error: unknown) => void,
    private readonly send: (action: Action) => Promise<unknown> = (action) =>
      post(action.path, action.body, action.key),
  ) {}

  /** What was left from the last time. */
  restore(actions: Action[]): void {
    this.actions = [...actions, ...this.actions];
    this.changed(this.actions);
  }

  has(order: string): boolean {
    return this.actions.some((action) => action.order === order);
  }

  /** Kept before it is sent. */
  async add(action: Action): Promise<void> {
    this.actions = [...this.actions, action];
    this.changed(this.actions);
    await this.keep(this.actions);
    await this.flush();
  }

  async clear(): Promise<void> {
    this.actions = [];
    this.changed(this.actions);
    await this.keep(this.actions);
  }

  /** One after the other, until nothing waits or the network fails. Asked for while it runs: it looks once more at its end. */
  async flush(): Promise<void> {
    if (this.running) {
      this.again = true;
      return;
    }
    this.running = true;
    try {
      do {
        this.again = false;
        for (let first = this.actions[0]; first; first = this.actions[0]) {
          if (!(await this.try(first))) break;
        }
      } while (this.again);
    } finally {
      this.running = false;
    }
  }

  private async try(action: Action): Promise<boolean> {
    let outcome: Outcome;
    try {
      outcome = { action, answer: await this.send(action), dropped: [] };
    } catch (error) {
      if (!(error instanceof Refused) || isForLater(error)) {
        this.blocked(error);
        return false;
      }
      const dropped = this.actions.filter((other) => other !== action && other.order === action.order);
      outcome = { action, refused: error, dropped };
    }
    this.actions = this.actions.filter((other) => other !== action && !outcome.dropped.includes(other));
    // the answer first, and no pause between: foreseen without either, the job would fall back to the step before for as long as the keeping takes
    this.settled(outcome);
    this.changed(this.actions);
    await this.keep(this.actions);
    return true;
  }
}
