// @vitest-environment node
import { describe, expect, test } from 'vitest';
import type { SnapshotData } from '../api/types';
import { EMPTY, reduceLive, type Connection, type LiveState } from '../live/reducer';
import { IDLE_PHONE, type PhoneCall, type PhoneState } from '../phone/state';
import { aCall, aCase, anAgent, aSnapshot, aTask, AT, ME, OTHER } from '../testing/fixtures';
import {
  answersByItself,
  currentCall,
  deservesTick,
  isLeftOver,
  partedFrom,
  ringFor,
  ringOutcomes,
  touchedCases,
} from './desk';

const live = (data: Partial<SnapshotData> = {}, before: LiveState = EMPTY): LiveState =>
  reduceLive(before, { type: 'snapshot', seq: before.seq + 1, data: aSnapshot(data) });
const connected = (state: LiveState, connection: Connection): LiveState =>
  reduceLive(state, { type: 'connection', connection, at: AT });
const phone = (call: Partial<PhoneCall> | null): PhoneState => ({
  ...IDLE_PHONE,
  registration: 'registered',
  call: call && {
    session: 'leg-1',
    callId: 'call-1',
    direction: 'in',
    stage: 'ringing',
    remote: '110',
    muted: false,
    talkingSince: null,
    ...call,
  },
});
const quiet = phone(null);
const service = { kind: 'service', severity: 'N1' } as const;

describe('what is heard', () => {
  test('nothing while nothing rings for us', () => {
    expect(ringFor(live({ calls: [aCall({ ringing: [OTHER] })] }), quiet, ME)).toBeNull();
  });

  test('the kind of the call, also before our telephone rings', () => {
    expect(ringFor(live({ calls: [aCall({ ringing: [ME] })] }), quiet, ME)).toBe('sos');
    expect(ringFor(live({ calls: [aCall({ ...service, ringing: [ME] })] }), quiet, ME)).toBe('service');
  });

  test('the call of the telephone rather than another one that is offered too', () => {
    const calls = [aCall({ id: 'sos', ringing: [ME] }), aCall({ ...service, id: 'leg', ringing: [ME] })];
    expect(ringFor(live({ calls }), phone({ callId: 'leg' }), ME)).toBe('service');
  });

  test.each(['call-unknown', null])('an INVITE (%s) that the server has not told of rings as the graver', (callId) => {
    expect(ringFor(live(), phone({ callId }), ME)).toBe('sos');
  });

  test.each(['answering', 'talking', 'dialling'] as const)('nothing more once we are %s', (stage) => {
    expect(ringFor(live({ calls: [aCall({ ringing: [ME] })] }), phone({ stage }), ME)).toBeNull();
  });

  test('our own call-back does not ring: it is picked up by itself', () => {
    const state = live({ calls: [aCall({ kind: 'outbound', ringing: [ME] })] });
    expect(ringFor(state, phone({}), ME)).toBeNull();
    expect(answersByItself(state, phone({}))).toBe(true);
    expect(answersByItself(state, phone({ stage: 'talking' }))).toBe(false);
    expect(answersByItself(live({ calls: [aCall()] }), phone({}))).toBe(false);
    expect(answersByItself(state, phone({ callId: null }))).toBe(false);
  });
});

describe('the call in the middle', () => {
  const talking = aCall({ id: 'talking', state: 'talking', agent_id: ME });
  const ringing = aCall({ id: 'ringing', ringing: [ME] });

  test('is the one that we talk on, else the one of our telephone, else the one that rings', () => {
    const legs = phone({ callId: 'leg' });
    const leg = aCall({ id: 'leg' });
    expect(currentCall(live({ calls: [ringing, leg, talking] }), legs, ME)?.id).toBe('talking');
    expect(currentCall(live({ calls: [ringing, leg] }), legs, ME)?.id).toBe('leg');
    expect(currentCall(live({ calls: [ringing] }), legs, ME)?.id).toBe('ringing');
    expect(currentCall(live(), quiet, ME)).toBeNull();
  });
});

describe('a leg that was left over', () => {
  const talks = phone({ stage: 'talking' });

  test('is one whose call is gone, over, or with somebody else', () => {
    expect(isLeftOver(live(), talks, ME, 'call-1')).toBe(true);
    expect(isLeftOver(live({ calls: [aCall({ state: 'ended' })] }), talks, ME, 'call-1')).toBe(true);
    expect(isLeftOver(live({ calls: [aCall({ state: 'talking', agent_id: OTHER })] }), talks, ME, 'call-1')).toBe(true);
  });

  test('is not one that the server is only just joining, nor ours', () => {
    expect(isLeftOver(live({ calls: [aCall()] }), talks, ME, 'call-1')).toBe(false);
    expect(isLeftOver(live({ calls: [aCall({ state: 'talking', agent_id: ME })] }), talks, ME, 'call-1')).toBe(false);
  });

  test('is not one that nobody has told us of yet, or as ours: the news are late, and somebody talks', () => {
    expect(isLeftOver(live(), talks, ME, null)).toBe(false);
    expect(isLeftOver(live({ calls: [aCall({ state: 'talking', agent_id: OTHER })] }), talks, ME, 'call-0')).toBe(
      false,
    );
  });

  test('is never judged while the server cannot be heard, nor for a call that it does not know by id', () => {
    expect(isLeftOver(connected(live(), 'lost'), talks, ME, 'call-1')).toBe(false);
    expect(isLeftOver(live(), phone({ stage: 'talking', callId: null }), ME, 'call-1')).toBe(false);
    expect(isLeftOver(live(), phone({ stage: 'answering' }), ME, 'call-1')).toBe(false);
    expect(isLeftOver(live(), quiet, ME, 'call-1')).toBe(false);
  });
});

describe('what is told of calls that rang for us', () => {
  const rang = live({ calls: [aCall({ ringing: [ME] })] });
  const taken = { calls: [aCall({ state: 'talking', agent_id: OTHER, agent_name: '李' })] };

  test('who took it, or that the caller gave up', () => {
    expect(ringOutcomes(rang, live(taken, rang), ME)).toEqual([
      { callId: 'call-1', outcome: { kind: 'taken', by: '李' } },
    ]);
    expect(ringOutcomes(rang, live({}, rang), ME)).toEqual([{ callId: 'call-1', outcome: { kind: 'abandoned' } }]);
  });

  test('nothing when something else changed', () => {
    expect(ringOutcomes(rang, connected(rang, 'lost'), ME)).toEqual([]);
    expect(ringOutcomes(rang, live({ calls: [aCall({ ringing: [ME], version: 2 })] }, rang), ME)).toEqual([]);
  });

  test('after a loss nobody is said to have given up: it may have been answered meanwhile', () => {
    const lost = connected(rang, 'lost');
    expect(ringOutcomes(lost, live({}, lost), ME)).toEqual([]);
    expect(ringOutcomes(lost, live(taken, lost), ME)).toHaveLength(1);
    expect(ringOutcomes(rang, reduceLive(rang, { type: 'reset' }), ME)).toEqual([]);
  });
});

describe('one tick', () => {
  const queued = aCall({ state: 'queued' });

  test('for a new task and for a call that nobody is free for', () => {
    expect(deservesTick(live(), live({ tasks: [aTask()] }))).toBe(true);
    expect(deservesTick(live(), live({ calls: [queued] }))).toBe(true);
  });

  test('also when the last one who was rung for it is not free any more', () => {
    expect(deservesTick(live({ calls: [{ ...queued, ringing: [OTHER] }] }), live({ calls: [queued] }))).toBe(true);
  });

  test('not again for the same, not for what is rung, not for what the sign-in finds', () => {
    const known = live({ tasks: [aTask()], calls: [queued] });
    const later = live({ tasks: [aTask({ version: 2 })], calls: [{ ...queued, version: 2 }] }, known);
    expect(deservesTick(known, later)).toBe(false);
    expect(deservesTick(live(), live({ calls: [aCall({ ringing: [OTHER] })] }))).toBe(false);
    expect(deservesTick(EMPTY, known)).toBe(false);
  });
});

describe('cases whose fetched details are old', () => {
  const before = live({ calls: [aCall()], tasks: [aTask()], cases: [aCase({ id: 'case-5' })] });

  test('are those of what changed, came or went', () => {
    const after = live({ calls: [aCall({ version: 2 })], cases: [aCase({ id: 'case-6' })] }, before);
    expect(touchedCases(before, after).sort()).toEqual(['case-1', 'case-5', 'case-6', 'case-9']);
  });

  test('are none when nothing of them changed, or a call has no case yet', () => {
    const same = live({ calls: [aCall()], tasks: [aTask()], cases: [aCase({ id: 'case-5' })] }, before);
    expect(touchedCases(before, same)).toEqual([]);
    expect(touchedCases(live(), live({ calls: [aCall({ case_id: null })], agents: [anAgent()] }))).toEqual([]);
  });
});

describe('what became of our call while nothing was heard', () => {
  const mine = aCall({ state: 'talking', agent_id: ME, elder_name: '王桂兰' });
  const away = connected(live({ calls: [mine] }), 'lost');
  const back = (calls: ReturnType<typeof aCall>[]) => partedFrom(away, live({ calls }, away), ME);

  test('still ours: nothing to tell', () => {
    expect(back([{ ...mine, version: 2 }])).toBeNull();
    expect(back([{ ...mine, version: 2, state: 'held' }])).toBeNull();
  });
  test('somebody went on with it, it waits for us, it is over', () => {
    expect(back([{ ...mine, agent_id: OTHER, agent_name: '刘洋' }])).toEqual({
      kind: 'moved',
      by: '刘洋',
      who: '王桂兰',
    });
    expect(back([{ ...mine, state: 'queued', agent_id: null }])).toEqual({ kind: 'waits', who: '王桂兰' });
    expect(back([{ ...mine, state: 'offered', ringing: [ME] }])).toEqual({ kind: 'waits', who: '王桂兰' });
    expect(back([])).toEqual({ kind: 'over', who: '王桂兰' });
  });
  test('told once, and not of what was seen to happen', () => {
    const returned = live({ calls: [] }, away);
    expect(partedFrom(returned, live({ calls: [] }, returned), ME)).toBeNull();
    const heard = live({ calls: [mine] });
    expect(partedFrom(heard, live({ calls: [] }, heard), ME)).toBeNull();
  });
});
