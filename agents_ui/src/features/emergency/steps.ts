import type { LadderRung, ProtocolRung, ProtocolView, StepTurn, StepView } from '../../api/types';

/** Pure: which steps are shown, and what a key means. */

export interface Words {
  zh: string;
  en: string;
}

export const said = (words: Words | null | undefined, language: string): string =>
  words ? (language === 'zh' ? words.zh : words.en) : '';

/** What was done or skipped and still stands, of all runs, in its order. */
export function doneTurns(view: Pick<ProtocolView, 'history'>): StepTurn[] {
  return view.history.filter(
    (turn) => turn.at !== null && turn.undone_at === null && (turn.state === 'done' || turn.state === 'skipped'),
  );
}

export function currentStep(view: Pick<ProtocolView, 'steps' | 'current'>): StepView | null {
  return view.steps.find((step) => step.code === view.current) ?? null;
}

const AHEAD = 4;

/** Where a way still leads from here, in the order of the file. */
export function stepsAhead(view: Pick<ProtocolView, 'steps' | 'current'>): StepView[] {
  return view.steps.filter((step) => step.standing === 'pending' && step.code !== view.current).slice(0, AHEAD);
}

/** The last step that can be taken back: of this run, the newest. */
export function lastTurn(view: Pick<ProtocolView, 'history' | 'run'>): StepTurn | null {
  return doneTurns(view).findLast((turn) => turn.run === view.run) ?? null;
}

/** Which answer a digit means; null: none, or somebody is typing. */
export function answerOf(step: StepView | null, key: string, typing: boolean): string | null {
  if (typing || step === null || !/^[1-4]$/.test(key)) return null;
  return step.answers[Number(key) - 1]?.code ?? null;
}

export const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  target.closest('input, textarea, select, [contenteditable=true], [role=dialog]') !== null;

/** As a protocol writes a rung, and as a ladder is begun with it. */
export function ladderOf(rungs: readonly ProtocolRung[]): LadderRung[] {
  const between = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));
  return rungs.map((rung) => ({
    agency: rung.agency ?? '',
    who: rung.who,
    how: rung.how,
    ring_s: between(rung.ring || 25, 5, 90),
    wait_s: between(rung.wait || 30, 5, 900),
  }));
}
