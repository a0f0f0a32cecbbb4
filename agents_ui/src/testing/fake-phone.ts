import type { ResumeNote } from '../phone/resume';
import { Phone } from '../phone/phone';
import { ACCOUNT, FakeLine, FakeSound } from './fake-line';
import { AT } from './fixtures';

export interface Rig {
  phone: Phone;
  sound: FakeSound;
  lines: FakeLine[];
  /** The newest line. */
  line: () => FakeLine;
  /** This machine's clock. */
  clock: { now: number };
}

/** A telephone with nothing real behind it. */
export function makeRig(resume: ResumeNote | null = null, isJoined?: (callId: string) => boolean): Rig {
  const sound = new FakeSound();
  const lines: FakeLine[] = [];
  const clock = { now: AT };
  const phone = new Phone({
    makeLine: (_, handlers) => {
      const line = new FakeLine(handlers);
      lines.push(line);
      return line;
    },
    sound,
    resume,
    now: () => clock.now,
    ...(isJoined ? { isJoined } : {}),
  });
  const line = (): FakeLine => {
    const newest = lines.at(-1);
    if (newest === undefined) throw new Error('there is no line yet');
    return newest;
  };
  return { phone, sound, lines, line, clock };
}

export async function readyRig(resume: ResumeNote | null = null, isJoined?: (callId: string) => boolean): Promise<Rig> {
  const rig = makeRig(resume, isJoined);
  await rig.phone.start(ACCOUNT);
  rig.line().handlers.onRegistration('registered');
  return rig;
}
