const EVERY_MS = 1_000;
/** A background tab's timers may come late by up to a minute; a laptop that slept is gone for longer than a heartbeat may be missing. */
const SLEPT_MS = 10_000;

/**
 * Tells when this machine has slept: the wall clock went on, our timers did not. A tab in the background is slowed down too,
 * but its sockets live; so a hidden tab is asked only after it was looked at again.
 */
export function watchForSleep(onWake: (sleptMs: number) => void, own: () => number = Date.now): () => void {
  let last = own();
  const beat = (): void => {
    const now = own();
    const gap = now - last;
    last = now;
    if (gap >= SLEPT_MS && document.visibilityState === 'visible') onWake(gap);
  };
  const timer = setInterval(beat, EVERY_MS);
  return () => clearInterval(timer);
}
