import type { Levels } from './audio';

/** What is wrong with who hears whom; null: nothing, as far as levels tell. */
export type HearingFault = 'talking-muted' | 'not-heard' | 'hears-nothing' | null;

export interface Heard extends Levels {
  muted: boolean;
  onHold: boolean;
}

/** RMS of somebody who speaks into a headset (-40 dBFS); breath and a quiet room stay below. */
const SPEECH = 0.01;
/** Below this a microphone is dead, not quiet (-75 dBFS): a room's own noise is more. */
const DEAD = 0.00018;
/** So long somebody has to speak before she is told that she is muted: one cough is no sentence. */
const SPEECH_MS = 600;
const SPEECH_WINDOW_MS = 2_000;
/** The word stays a while after the sentence, or it could not be read. */
const STAYS_MS = 4_000;
const DEAD_MS = 5_000;
/** An elder who says nothing is not a fault; a line without its own noise for so long may be one. */
const SILENT_MS = 10_000;

/**
 * Listens to levels and says what an agent would otherwise learn from "hello? hello?": that she talks while muted, that
 * her microphone gives nothing, that the line is dead. Fed a few times a second; knows only the clock that it is given.
 */
export class HearingWatch {
  private speech: { at: number; forMs: number }[] = [];
  private last: number | null = null;
  private mutedTalkUntil = 0;
  private deadSince: number | null = null;
  private silentSince: number | null = null;

  look(heard: Heard, now: number): HearingFault {
    const step = this.last === null ? 0 : Math.min(now - this.last, 1_000);
    this.last = now;
    if (heard.onHold) {
      this.deadSince = this.silentSince = null;
      this.speech = [];
      return null;
    }
    if (heard.muted && heard.voice >= SPEECH) this.speech.push({ at: now, forMs: step });
    if (!heard.muted) {
      this.speech = [];
      this.mutedTalkUntil = 0;
    }
    this.speech = this.speech.filter(({ at }) => now - at <= SPEECH_WINDOW_MS);
    if (this.speech.reduce((sum, { forMs }) => sum + forMs, 0) >= SPEECH_MS) this.mutedTalkUntil = now + STAYS_MS;
    this.deadSince = heard.voice < DEAD ? (this.deadSince ?? now) : null;
    this.silentSince = heard.in < DEAD ? (this.silentSince ?? now) : null;
    if (now < this.mutedTalkUntil) return 'talking-muted';
    if (!heard.muted && this.deadSince !== null && now - this.deadSince >= DEAD_MS) return 'not-heard';
    if (this.silentSince !== null && now - this.silentSince >= SILENT_MS) return 'hears-nothing';
    return null;
  }
}
