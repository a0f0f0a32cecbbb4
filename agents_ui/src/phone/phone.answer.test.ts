// @vitest-environment node
import { describe, expect, test } from 'vitest';
import { MemoryStorage } from '../kit/storage';
import { readyRig, type Rig } from '../testing/fake-phone';
import { ACCOUNT, type FakeSession } from '../testing/fake-line';
import { ResumeNote } from './resume';

function talk(rig: Rig, callId: string): FakeSession {
  const leg = rig.line().invite(callId);
  rig.phone.answer();
  leg.accepted();
  return leg;
}

describe('answered before the INVITE is there', () => {
  test('the INVITE is answered by itself when it comes in time', async () => {
    const { phone, line, clock } = await readyRig();
    phone.answer('c1');
    clock.now += 12_000;
    expect(line().invite('c1').answered).toBe(true);
  });

  test('too late it only rings', async () => {
    const { phone, line, clock } = await readyRig();
    phone.answer('c1');
    clock.now += 12_001;
    expect(line().invite('c1').answered).toBe(false);
    expect(phone.get().call?.stage).toBe('ringing');
  });

  test('another call is not meant, and does not use it up', async () => {
    const { phone, line } = await readyRig();
    phone.answer('c1');
    const other = line().invite('c2');
    expect(other.answered).toBe(false);
    other.endedBy('cancelled');
    expect(line().invite('c1').answered).toBe(true);
  });

  test('a call without an id is not meant', async () => {
    const { phone, line } = await readyRig();
    phone.answer('c1');
    expect(line().invite(null).answered).toBe(false);
  });

  test('an answer without an id and without a call is forgotten', async () => {
    const { phone, line } = await readyRig();
    phone.answer();
    expect(line().invite('c1').answered).toBe(false);
  });

  test('it holds for one INVITE only', async () => {
    const { phone, line } = await readyRig();
    phone.answer('c1');
    line().invite('c1').endedBy('cancelled');
    expect(line().invite('c1').answered).toBe(false);
  });

  test('hanging up takes it back', async () => {
    const { phone, line } = await readyRig();
    phone.answer('c1');
    phone.hangUp();
    expect(line().invite('c1').answered).toBe(false);
  });

  test('stopping the telephone takes it back', async () => {
    const rig = await readyRig();
    rig.phone.answer('c1');
    await rig.phone.start(ACCOUNT);
    expect(rig.lines).toHaveLength(2);
    expect(rig.line().invite('c1').answered).toBe(false);
  });
});

describe('a leg dropped right after our answer', () => {
  test.each(['remote', 'failed'] as const)('by the other side (%s) is answered by itself again', async (cause) => {
    const rig = await readyRig();
    const leg = talk(rig, 'c1');
    rig.clock.now += 2_999;
    leg.endedBy(cause);
    expect(rig.line().invite('c1').answered).toBe(true);
  });

  test('also when the answer itself was still on its way', async () => {
    const rig = await readyRig();
    const leg = rig.line().invite('c1');
    rig.phone.answer();
    rig.clock.now += 60_000;
    leg.endedBy('failed');
    expect(rig.line().invite('c1').answered).toBe(true);
  });

  test('a call that lasted was a call: when it rings again, the agent is asked', async () => {
    const rig = await readyRig();
    const leg = talk(rig, 'c1');
    rig.clock.now += 3_000;
    leg.endedBy('remote');
    expect(rig.line().invite('c1').answered).toBe(false);
  });

  test('however late, when the server never joined us to the caller', async () => {
    const rig = await readyRig(null, () => false);
    const leg = talk(rig, 'c1');
    rig.clock.now += 8_000;
    leg.endedBy('remote');
    expect(rig.line().invite('c1').answered).toBe(true);
  });

  test('not when the server had joined us, however soon', async () => {
    const rig = await readyRig(null, () => true);
    talk(rig, 'c1').endedBy('remote');
    expect(rig.line().invite('c1').answered).toBe(false);
  });

  test('the answer does not hold for ever', async () => {
    const rig = await readyRig();
    talk(rig, 'c1').endedBy('remote');
    rig.clock.now += 12_001;
    expect(rig.line().invite('c1').answered).toBe(false);
  });

  test('one that the agent hung up is not answered again', async () => {
    const rig = await readyRig();
    talk(rig, 'c1');
    rig.phone.hangUp();
    expect(rig.line().invite('c1').answered).toBe(false);
  });

  test('hanging up in the gap between the legs counts as hanging up', async () => {
    const rig = await readyRig();
    talk(rig, 'c1').endedBy('remote');
    rig.phone.hangUp();
    expect(rig.line().invite('c1').answered).toBe(false);
  });

  test('a leg that rang and was withdrawn was never answered', async () => {
    const rig = await readyRig();
    rig.line().invite('c1').endedBy('failed');
    expect(rig.line().invite('c1').answered).toBe(false);
  });

  test("another call's id is not answered", async () => {
    const rig = await readyRig();
    talk(rig, 'c1').endedBy('remote');
    expect(rig.line().invite('c2').answered).toBe(false);
  });

  test('a dialled call that fails at once answers nothing', async () => {
    const rig = await readyRig();
    rig.phone.dial('8001', []);
    rig.line().called[0]?.session.endedBy('failed');
    expect(rig.line().invite(null).answered).toBe(false);
  });
});

describe('after a reload', () => {
  const note = (now: () => number = Date.now): { storage: MemoryStorage; fresh: () => ResumeNote } => {
    const storage = new MemoryStorage();
    return { storage, fresh: () => new ResumeNote(storage, now) };
  };

  test('the call that was talked on is answered by itself', async () => {
    const kept = note();
    talk(await readyRig(kept.fresh()), 'c1');
    const reloaded = await readyRig(kept.fresh());
    expect(reloaded.line().invite('c1').answered).toBe(true);
  });

  test('another call is not', async () => {
    const kept = note();
    talk(await readyRig(kept.fresh()), 'c1');
    const reloaded = await readyRig(kept.fresh());
    expect(reloaded.line().invite('c2').answered).toBe(false);
    expect(reloaded.phone.get().call?.stage).toBe('ringing');
  });

  test('a call that only rang before the reload is not', async () => {
    const kept = note();
    (await readyRig(kept.fresh())).line().invite('c1');
    expect((await readyRig(kept.fresh())).line().invite('c1').answered).toBe(false);
  });

  test.each(['remote', 'cancelled', 'hung-up'] as const)('a call that was over (%s) is not', async (cause) => {
    const kept = note();
    const rig = await readyRig(kept.fresh());
    const leg = talk(rig, 'c1');
    rig.clock.now += 60_000;
    leg.endedBy(cause);
    expect((await readyRig(kept.fresh())).line().invite('c1').answered).toBe(false);
  });

  test('a leg that failed in mid-call is answered again for the same call', async () => {
    const kept = note();
    const rig = await readyRig(kept.fresh());
    const leg = talk(rig, 'c1');
    rig.clock.now += 60_000;
    leg.endedBy('failed');
    expect(rig.line().invite('c1').answered).toBe(true);
  });

  test('the agent who hangs up is not called back into the call', async () => {
    const kept = note();
    const rig = await readyRig(kept.fresh());
    talk(rig, 'c1');
    rig.phone.hangUp();
    expect((await readyRig(kept.fresh())).line().invite('c1').answered).toBe(false);
  });
});
