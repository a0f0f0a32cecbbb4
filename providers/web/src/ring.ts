/** A new job is heard and felt. Browsers allow sound only after a first touch of the page. */
let context: AudioContext | undefined;

export function allowSound(): void {
  try {
    context ??= new AudioContext();
    if (context.state === 'suspended') void context.resume();
  } catch {
    // a telephone without Web Audio still vibrates
  }
}

export function ring(urgent: boolean): void {
  if ('vibrate' in navigator) navigator.vibrate(urgent ? [400, 120, 400, 120, 400, 120, 400] : [300, 120, 300]);
  if (context?.state !== 'running') return;
  const begin = context.currentTime;
  const notes = urgent ? [880, 660, 880, 660, 880, 660] : [660, 880, 1046];
  notes.forEach((pitch, i) => {
    if (!context) return;
    const [sound, loud] = [context.createOscillator(), context.createGain()];
    const at = begin + i * 0.24;
    sound.frequency.value = pitch;
    loud.gain.setValueAtTime(0.0001, at);
    loud.gain.exponentialRampToValueAtTime(0.5, at + 0.03);
    loud.gain.exponentialRampToValueAtTime(0.0001, at + 0.22);
    sound.connect(loud).connect(context.destination);
    sound.start(at);
    sound.stop(at + 0.24);
  });
}
