// @vitest-environment node
import { describe, expect, test } from 'vitest';
import type { CallView } from '../api/types';
import { ago, anAgent, aCall, aSnapshot, aTask, AT, iso, ME, OTHER } from '../testing/fixtures';
import { EMPTY, reduceLive, type LiveState } from './reducer';
import {
  agentsByState,
  compareWaiting,
  isSos,
  nobodyFree,
  openTasks,
  ringingFor,
  ringOutcome,
  talkingCall,
  taskAge,
  waitingAge,
  waitingCalls,
} from './select';

const live = (data: Parameters<typeof aSnapshot>[0]): LiveState =>
  reduceLive(EMPTY, { type: 'snapshot', seq: 1, data: aSnapshot(data) });
const service = (over: Partial<CallView> = {}): CallView => aCall({ kind: 'service', severity: 'N1', ...over });
const ids = (items: readonly { id: string }[]): string[] => items.map((item) => item.id);

describe('the order of those who wait', () => {
  test('an SOS is before every service call, however young', () => {
    const calls = [service({ id: 'old', received_at: ago(600) }), aCall({ id: 'sos', received_at: ago(1) })];
    expect(ids(waitingCalls(live({ calls })))).toEqual(['sos', 'old']);
  });

  test('a service call that turned out grave counts as SOS', () => {
    expect(isSos({ kind: 'service', severity: 'E0' })).toBe(true);
    expect(isSos({ kind: 'service', severity: 'U1' })).toBe(false);
    expect(isSos({ kind: 'sos', severity: 'N1' })).toBe(true);
  });

  test('the oldest minute is first; within a minute the risk decides, then the age', () => {
    const calls = [
      aCall({ id: 'young', received_at: iso(AT + 40_000) }),
      aCall({ id: 'older', received_at: iso(AT + 10_000) }),
      aCall({ id: 'frail', received_at: iso(AT + 50_000), risk: 9 }),
      aCall({ id: 'before', received_at: iso(AT - 1) }),
    ];
    expect(ids(waitingCalls(live({ calls })))).toEqual(['before', 'frail', 'older', 'young']);
  });

  test('two that are equal in everything do not change places', () => {
    const [a, b] = [aCall({ id: 'a' }), aCall({ id: 'b' })];
    expect(Math.sign(compareWaiting(a, b))).toBe(-1);
    expect(Math.sign(compareWaiting(b, a))).toBe(1);
  });

  test('who talks, is over, or was called by us does not wait', () => {
    const calls = (['ringing', 'queued', 'offered', 'dialplan', 'talking', 'held', 'ended', 'abandoned'] as const).map(
      (state) => aCall({ id: state, state }),
    );
    const waiting = waitingCalls(live({ calls: [...calls, aCall({ id: 'out', kind: 'outbound' })] }));
    expect(ids(waiting).sort()).toEqual(['dialplan', 'offered', 'queued', 'ringing']);
  });
});

describe('how long they have waited', () => {
  test.each([
    ['SOS', 4_999, 'fresh'],
    ['SOS', 5_000, 'warn'],
    ['SOS', 10_000, 'late'],
    ['service', 7_999, 'fresh'],
    ['service', 8_000, 'warn'],
    ['service', 14_999, 'warn'],
    ['service', 15_000, 'late'],
  ])('%s after %i ms is %s', (kind, waited, age) => {
    const call = kind === 'SOS' ? aCall({ received_at: iso(AT) }) : service({ received_at: iso(AT) });
    expect(waitingAge(call, AT + waited)).toBe(age);
  });

  test.each([
    [60_001, 'fresh'],
    [60_000, 'warn'],
    [1, 'warn'],
    [0, 'late'],
    [-1, 'late'],
  ])('a call-back with %i ms left is %s', (left, age) => {
    expect(taskAge(aTask({ due_at: iso(AT + left) }), AT)).toBe(age);
  });
});

test('nobody is free for a call that waits and rings nowhere', () => {
  expect(nobodyFree(aCall({ state: 'queued' }))).toBe(true);
  expect(nobodyFree(aCall({ state: 'ringing' }))).toBe(true);
  expect(nobodyFree(aCall({ state: 'queued', ringing: [OTHER] }))).toBe(false);
  expect(nobodyFree(aCall({ state: 'offered' }))).toBe(false);
  expect(nobodyFree(aCall({ state: 'dialplan' }))).toBe(false);
});

test('call-backs: the gravest first, then what is due first; done ones are not there', () => {
  const tasks = [
    aTask({ id: 'late-n', severity: 'N2', due_at: ago(600) }),
    aTask({ id: 'e-later', due_at: iso(AT + 9_000) }),
    aTask({ id: 'e-sooner', due_at: iso(AT + 1_000) }),
    aTask({ id: 'u1', severity: 'U1', due_at: ago(60) }),
    aTask({ id: 'done', state: 'done' }),
    aTask({ id: 'doing', state: 'doing', severity: 'U2' }),
  ];
  expect(ids(openTasks(live({ tasks })))).toEqual(['e-sooner', 'e-later', 'u1', 'doing', 'late-n']);
});

test('what rings for us: the gravest of it, also our own outbound call, nothing that others are rung for', () => {
  const forMe = service({ id: 'mine', ringing: [OTHER, ME] });
  const sos = aCall({ id: 'sos', ringing: [ME] });
  expect(ringingFor(live({ calls: [forMe, sos] }), ME)?.id).toBe('sos');
  expect(ringingFor(live({ calls: [forMe] }), ME)?.id).toBe('mine');
  expect(ringingFor(live({ calls: [service({ ringing: [OTHER] })] }), ME)).toBeNull();
  expect(ringingFor(live({ calls: [aCall({ ringing: [ME], state: 'ended' })] }), ME)).toBeNull();
  const out = aCall({ id: 'out', kind: 'outbound', severity: 'N1', state: 'talking', ringing: [ME] });
  expect(ringingFor(live({ calls: [out] }), ME)?.id).toBe('out');
});

test('the call that we talk on is ours and talked or held', () => {
  const mine = { agent_id: ME };
  expect(talkingCall(live({ calls: [aCall({ ...mine, state: 'talking' })] }), ME)).not.toBeNull();
  expect(talkingCall(live({ calls: [aCall({ ...mine, state: 'held' })] }), ME)).not.toBeNull();
  expect(talkingCall(live({ calls: [aCall({ ...mine, state: 'ended' })] }), ME)).toBeNull();
  expect(talkingCall(live({ calls: [aCall({ agent_id: OTHER, state: 'talking' })] }), ME)).toBeNull();
});

test('colleagues: who is in a call first, then who could help, offline last, by name within', () => {
  const agents = [
    anAgent({ id: 'off', state: 'offline' }),
    anAgent({ id: 'wrap', state: 'wrap_up' }),
    anAgent({ id: 'idle-b', state: 'idle', name: '张' }),
    anAgent({ id: 'idle-a', state: 'idle', name: '李' }),
    anAgent({ id: 'paused', state: 'paused' }),
    anAgent({ id: 'talk', state: 'talking' }),
    anAgent({ id: 'ring', state: 'ringing' }),
  ];
  expect(ids(agentsByState(live({ agents })))).toEqual(['ring', 'talk', 'idle-a', 'idle-b', 'wrap', 'paused', 'off']);
});

describe('how a call that rang for us went on', () => {
  const before = aCall({ ringing: [ME] });
  test.each<[string, CallView, CallView | undefined, ReturnType<typeof ringOutcome>]>([
    ['never ours', aCall({ ringing: [OTHER] }), undefined, null],
    ['our own outbound call', aCall({ kind: 'outbound', ringing: [ME] }), undefined, null],
    ['gone: the caller gave up', before, undefined, { kind: 'abandoned' }],
    ['rings on', before, aCall({ ringing: [ME, OTHER] }), null],
    ['we took it', before, aCall({ state: 'talking', agent_id: ME }), null],
    [
      'a colleague took it',
      before,
      aCall({ state: 'talking', agent_id: OTHER, agent_name: '李' }),
      { kind: 'taken', by: '李' },
    ],
    ['it rings elsewhere now', before, aCall({ ringing: [OTHER] }), { kind: 'moved-on' }],
    ['it waits again', before, aCall({ state: 'queued' }), { kind: 'moved-on' }],
  ])('%s', (_, was, is, outcome) => {
    expect(ringOutcome(was, is, ME)).toEqual(outcome);
  });
});
