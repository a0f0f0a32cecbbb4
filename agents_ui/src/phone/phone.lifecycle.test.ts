// @vitest-environment node
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { MemoryStorage } from '../kit/storage';
import { ACCOUNT, FakeSession } from '../testing/fake-line';
import { makeRig, readyRig } from '../testing/fake-phone';
import { ResumeNote } from './resume';

const stream = (): MediaStream => ({}) as MediaStream;
const refuse = (problem: string) => (): Promise<MediaStream> => Promise.reject(problem);

describe('starting', () => {
  test('the microphone is asked for before there is a line', async () => {
    const { phone, sound, lines } = makeRig();
    let grant: (microphone: MediaStream) => void = () => undefined;
    sound.answer = () => new Promise((resolve) => (grant = resolve));
    const started = phone.start(ACCOUNT);
    expect(phone.get()).toMatchObject({ microphone: 'asking', registration: 'connecting' });
    expect(lines).toHaveLength(0);

    grant(stream());
    await started;
    expect(phone.get().microphone).toBe('granted');
    expect(lines[0]?.started).toBe(true);
  });

  test.each(['denied', 'missing'] as const)('without a microphone (%s) there is no line', async (problem) => {
    const { phone, sound, lines } = makeRig();
    sound.answer = refuse(problem);
    await phone.start(ACCOUNT);
    expect(phone.get()).toMatchObject({ microphone: problem, registration: 'failed' });
    expect(lines).toHaveLength(0);
  });

  test('started again after a refusal it works', async () => {
    const { phone, sound, lines } = makeRig();
    sound.answer = refuse('denied');
    await phone.start(ACCOUNT);
    sound.answer = () => Promise.resolve(stream());
    await phone.start(ACCOUNT);
    expect(lines).toHaveLength(1);
    expect(phone.get().microphone).toBe('granted');
  });

  test('while the account is asked for it is connecting, but a line that stands is not disturbed', async () => {
    const idle = makeRig();
    idle.phone.prepare();
    expect(idle.phone.get().registration).toBe('connecting');
    const ready = await readyRig();
    ready.phone.prepare();
    expect(ready.phone.get().registration).toBe('registered');
  });

  test('a second start gives up the first line', async () => {
    const rig = await readyRig();
    await rig.phone.start(ACCOUNT);
    expect(rig.lines.map((line) => line.stopped)).toEqual([true, false]);
  });

  test('of two starts at once only the later one makes a line', async () => {
    const { phone, lines } = makeRig();
    await Promise.all([phone.start(ACCOUNT), phone.start(ACCOUNT)]);
    expect(lines).toHaveLength(1);
  });

  test('stopped while the browser still asked: no line, and it stays off', async () => {
    const { phone, sound, lines } = makeRig();
    let grant: (microphone: MediaStream) => void = () => undefined;
    sound.answer = () => new Promise((resolve) => (grant = resolve));
    const started = phone.start(ACCOUNT);
    phone.stop();
    grant(stream());
    await started;
    expect(lines).toHaveLength(0);
    expect(phone.get().registration).toBe('off');
  });

  test('a refusal that comes after another tab took over does not make this tab say "failed"', async () => {
    const { phone, sound } = makeRig();
    let deny: (problem: string) => void = () => undefined;
    sound.answer = () => new Promise((_, reject) => (deny = reject));
    const started = phone.start(ACCOUNT);
    phone.markElsewhere();
    deny('denied');
    await started;
    expect(phone.get().registration).toBe('elsewhere');
  });

  test('a microphone granted after the sign-out is given back', async () => {
    const { phone, sound } = makeRig();
    let grant: (microphone: MediaStream) => void = () => undefined;
    sound.answer = () => new Promise((resolve) => (grant = resolve));
    const started = phone.start(ACCOUNT);
    phone.close();
    const before = sound.closed;
    grant(stream());
    await started;
    expect(sound.closed).toBe(before + 1);
    expect(phone.get()).toMatchObject({ microphone: 'unknown', registration: 'off' });
  });
});

describe('a line that was given up', () => {
  test('changes no state any more', async () => {
    const { phone, line } = await readyRig();
    const old = line().handlers;
    phone.stop();
    old.onRegistration('unregistered');
    expect(phone.get().registration).toBe('off');
    phone.markElsewhere();
    old.onRegistration('failed');
    expect(phone.get().registration).toBe('elsewhere');
  });

  test('does not disturb the line that came after it', async () => {
    const rig = await readyRig();
    const old = rig.line().handlers;
    await rig.phone.start(ACCOUNT);
    rig.line().handlers.onRegistration('registered');
    old.onRegistration('unregistered');
    expect(rig.phone.get().registration).toBe('registered');
  });

  test('rings nobody: its calls are declined', async () => {
    const { phone, line } = await readyRig();
    const old = line();
    phone.stop();
    expect(old.invite('c1').over).toBe('declined');
    expect(phone.get().call).toBeNull();
  });

  test('still tells the end of the call that was talked on it', async () => {
    const { phone, line } = await readyRig();
    const leg = line().invite('c1');
    phone.answer();
    leg.accepted();
    phone.stop();
    leg.endedBy('remote');
    expect(phone.get().call).toBeNull();
  });

  test('cannot dial', async () => {
    const { phone, line } = await readyRig();
    const old = line();
    phone.stop();
    phone.dial('8001', []);
    expect(old.called).toHaveLength(0);
    expect(phone.get().call).toBeNull();
  });

  test('is left on sign-out together with the microphone', async () => {
    const { phone, line, sound } = await readyRig();
    phone.close();
    expect(line().stopped).toBe(true);
    expect(sound.closed).toBe(1);
    expect(phone.get()).toMatchObject({ registration: 'off', microphone: 'unknown' });
  });
});

describe('the microphone is lost', () => {
  test('while idle: not ready, and the late goodbye of the line does not hide why', async () => {
    const { phone, line, sound } = await readyRig();
    sound.lose();
    expect(line().stopped).toBe(true);
    expect(phone.get()).toMatchObject({ microphone: 'missing', registration: 'failed' });
    line().handlers.onRegistration('unregistered');
    expect(phone.get().registration).toBe('failed');
  });

  test('while it rings: the line is left, so that somebody else is rung', async () => {
    const { line, sound } = await readyRig();
    line().invite('c1');
    sound.lose();
    expect(line().stopped).toBe(true);
  });

  test('in mid-call: nobody is hung up on', async () => {
    const { phone, line, sound } = await readyRig();
    const leg = line().invite('c1');
    phone.answer();
    leg.accepted();
    sound.lose();
    expect(line().stopped).toBe(false);
    expect(leg.over).toBeNull();
    expect(phone.get()).toMatchObject({ microphone: 'missing', registration: 'failed', call: { stage: 'talking' } });
    line().handlers.onRegistration('registered');
    expect(phone.get().registration).toBe('failed');
  });

  test('in mid-call and never found again: the line is left after the call', async () => {
    const { phone, line, sound } = await readyRig();
    const leg = line().invite('c1');
    phone.answer();
    leg.accepted();
    sound.lose();
    leg.endedBy('remote');
    expect(line().stopped).toBe(true);
    expect(phone.get()).toMatchObject({ registration: 'failed', call: null });
  });

  test('in mid-call and plugged in again: the same leg goes on with the new one, muted as before', async () => {
    const { phone, line, lines, sound } = await readyRig();
    const leg = line().invite('c1');
    phone.answer();
    leg.accepted();
    phone.setMuted(true);
    sound.lose();
    const fresh = stream();
    sound.answer = () => Promise.resolve(fresh);
    sound.open = true;
    await phone.start(ACCOUNT);
    expect(lines).toHaveLength(1);
    expect(leg.over).toBeNull();
    expect(leg.microphone).toBe(fresh);
    expect(sound.open).toBe(false);
    expect(phone.get()).toMatchObject({ microphone: 'granted', registration: 'registered' });
  });
});

test('"try again" in mid-call does not end the call', async () => {
  const { phone, line, lines } = await readyRig();
  const leg = line().invite('c1');
  phone.answer();
  leg.accepted();
  line().handlers.onRegistration('failed');
  await phone.start(ACCOUNT);
  expect(lines).toHaveLength(1);
  expect(line().stopped).toBe(false);
  expect(leg.over).toBeNull();
});

test('an event of a leg that never was ours changes nothing', async () => {
  const { phone, line } = await readyRig();
  const before = phone.get();
  const stranger = new FakeSession();
  line().handlers.onAccepted(stranger);
  line().handlers.onEnded(stranger, 'remote');
  expect(phone.get()).toBe(before);
});

test('levels and tones are those of the sound', async () => {
  const { phone } = await readyRig();
  expect(phone.levels()).toEqual({ in: 0.1, out: 0.2, voice: 0.2 });
  expect(phone.tone(440).in).toBe(440);
  expect(phone.state()).toBe(phone.get());
});

describe('the note for a reload', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('is said again each second while talking, so that it is fresh whenever the page dies', async () => {
    const note = new ResumeNote(new MemoryStorage());
    const rig = await readyRig(note);
    const leg = rig.line().invite('c1');
    rig.phone.answer();
    leg.accepted();
    vi.advanceTimersByTime(60_000);
    expect(note.isFor('c1')).toBe(true);

    leg.endedBy('failed');
    vi.advanceTimersByTime(21_000);
    expect(note.isFor('c1')).toBe(false);
  });
});
