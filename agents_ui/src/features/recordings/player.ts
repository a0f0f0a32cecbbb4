/** The player without its looks. */

export const SPEEDS = [1, 1.5, 2] as const;
export const HEIGHT = 48;
const STEP_S = 5;
const LEAP_S = 30;

export function nextSpeed(now: number): number {
  const at = SPEEDS.findIndex((speed) => speed === now);
  return SPEEDS[(at + 1) % SPEEDS.length] ?? 1;
}

/** One stroke for each value, around the middle; the loudest fills the height, so that a soft voice is seen too. */
export function strokes(peaks: readonly number[]): string {
  const loudest = Math.max(0.02, ...peaks);
  return peaks
    .map((peak, x) => {
      const half = Math.max(0.5, (peak / loudest) * (HEIGHT / 2 - 1));
      return `M${x + 0.5} ${(HEIGHT / 2 - half).toFixed(1)}V${(HEIGHT / 2 + half).toFixed(1)}`;
    })
    .join('');
}

/** Where a key leads to, in seconds; null when it is none of the player's. */
export function keyLeadsTo(key: string, at: number, length: number): number | null {
  const moves: Record<string, number> = {
    ArrowLeft: at - STEP_S,
    ArrowDown: at - STEP_S,
    ArrowRight: at + STEP_S,
    ArrowUp: at + STEP_S,
    PageDown: at - LEAP_S,
    PageUp: at + LEAP_S,
    Home: 0,
    End: length,
  };
  const to = moves[key];
  return to === undefined ? null : Math.min(length, Math.max(0, to));
}

let sounding: HTMLAudioElement | null = null;

/** Two voices at once are none: whoever begins stops the other. */
export function soundsNow(audio: HTMLAudioElement): void {
  if (sounding !== null && sounding !== audio) sounding.pause();
  sounding = audio;
}
