// @vitest-environment node
import { describe, expect, test } from 'vitest';
import { aCall, aDeadline, ago, anAlarm, anEmergency, aSnapshot, AT, iso, ME, OTHER } from '../testing/fixtures';
import {
  alarmsFor,
  askedToWatch,
  countdown,
  emergencyOf,
  mayWatch,
  nextDeadline,
  openEmergencies,
  partIn,
  screenOpen,
  sosCallOf,
} from './emergency';
import { EMPTY, reduceLive, type LiveState } from './reducer';

const live = (data: Parameters<typeof aSnapshot>[0]): LiveState =>
  reduceLive(EMPTY, { type: 'snapshot', seq: 1, data: aSnapshot(data) });
const agent = { id: ME, role: 'agent' as const };
const supervisor = { id: ME, role: 'supervisor' as const };

test('the oldest press is first, and each is found by its case', () => {
  const emergencies = [
    anEmergency({ id: 'young', case_id: 'b', pressed_at: ago(5) }),
    anEmergency({ id: 'old', case_id: 'a', pressed_at: ago(50) }),
  ];
  const state = live({ emergencies });
  expect(openEmergencies(state).map((one) => one.id)).toEqual(['old', 'young']);
  expect(emergencyOf(state, 'b')?.id).toBe('young');
  expect(emergencyOf(state, 'c')).toBeNull();
  expect(emergencyOf(state, null)).toBeNull();
});

test.each([
  [{ owner_id: ME }, 'owner'],
  [{ owner_id: OTHER, watcher_id: ME, watching_since: null }, 'asked'],
  [{ owner_id: OTHER, watcher_id: ME, watching_since: ago(1) }, 'watcher'],
  [{ owner_id: OTHER, watcher_id: null }, 'none'],
] as const)('%j is %s', (over, part) => {
  expect(partIn(anEmergency(over), ME)).toBe(part);
  expect(askedToWatch(live({ emergencies: [anEmergency(over)] }), ME)).toHaveLength(part === 'asked' ? 1 : 0);
});

test.each([
  [{ watcher_id: ME, watching_since: null }, agent, true, true],
  [{ watcher_id: ME, watching_since: ago(1) }, agent, true, false],
  [{ watcher_id: null }, agent, false, true],
  [{ watcher_id: 'third', watching_since: null }, agent, true, true],
  [{ watcher_id: 'third', watching_since: ago(1) }, agent, true, false],
  [{ watcher_id: 'third', watching_since: ago(1) }, agent, false, true],
  [{ watcher_id: 'third', watching_since: ago(1) }, supervisor, true, true],
] as const)('one person watches at a time: %j', (over, me, there, may) => {
  expect(mayWatch(anEmergency({ owner_id: OTHER, ...over }), me, there)).toBe(may);
  expect(mayWatch(anEmergency({ ...over, owner_id: ME, watcher_id: 'third' }), me, there)).toBe(false);
});

describe('what is due', () => {
  test('next is the nearest, whatever the order they came in', () => {
    const deadlines = [
      aDeadline({ code: 'watch', due_at: iso(AT + 9_000) }),
      aDeadline({ code: 'owner', due_at: iso(AT + 4_000) }),
    ];
    expect(nextDeadline({ deadlines })?.code).toBe('owner');
    expect(nextDeadline({ deadlines: [] })).toBeNull();
  });
  test.each([
    [60, 'fresh', false],
    [15, 'warn', false],
    [0, 'warn', false],
    [-1, 'late', true],
  ])('%d s before it: %s', (left, age, over) => {
    const due = { started_at: iso(AT - 120_000), due_at: iso(AT + left * 1000) };
    expect(countdown(due, AT)).toEqual({ ms: Math.abs(left) * 1000, over, age });
  });
  test('of a short one only the last quarter is amber', () => {
    const short = { started_at: iso(AT), due_at: iso(AT + 20_000) };
    expect(countdown(short, AT + 14_000).age).toBe('fresh');
    expect(countdown(short, AT + 15_000).age).toBe('warn');
  });
});

describe('alarms', () => {
  const one = anEmergency({
    owner_id: OTHER,
    alarms: [anAlarm({ id: 'a1', level: 1, at: ago(30) }), anAlarm({ id: 'a2', level: 2, at: ago(10) })],
  });
  test('the first level calls agents, the second supervisors too, who see the gravest', () => {
    expect(alarmsFor(live({ emergencies: [one] }), agent)[0]).toMatchObject({ alarm: { id: 'a1' }, count: 1 });
    expect(alarmsFor(live({ emergencies: [one] }), supervisor)[0]).toMatchObject({ alarm: { id: 'a2' }, count: 2 });
  });
  test('who owns or watches it hears every level', () => {
    const owned = { ...one, owner_id: ME };
    expect(alarmsFor(live({ emergencies: [owned] }), agent)[0]?.alarm.id).toBe('a2');
  });
  test('the gravest emergency is first, and one without alarms is none', () => {
    const quiet = anEmergency({ id: 'q', case_id: 'q', alarms: [] });
    const mild = anEmergency({ id: 'm', case_id: 'm', alarms: [anAlarm({ id: 'm1', level: 1, at: ago(90) })] });
    expect(alarmsFor(live({ emergencies: [quiet, mild, one] }), supervisor).map((x) => x.emergency.id)).toEqual([
      'emergency-1',
      'm',
    ]);
  });
});

describe('the emergency screen', () => {
  const talking = aCall({ state: 'talking', agent_id: ME });
  test('opens by the answer, before its emergency has been written', () => {
    const state = live({ calls: [talking] });
    expect(sosCallOf(state, 'case-1')?.id).toBe('call-1');
    expect(screenOpen(state, 'case-1', ME, null)).toBe(true);
  });
  test('not while it rings, not for a service call, not for what another talks on', () => {
    expect(screenOpen(live({ calls: [aCall({ state: 'offered', agent_id: ME })] }), 'case-1', ME, null)).toBe(false);
    const service = aCall({ kind: 'service', severity: 'N1', state: 'talking', agent_id: ME });
    expect(screenOpen(live({ calls: [service] }), 'case-1', ME, null)).toBe(false);
    expect(screenOpen(live({ calls: [{ ...talking, agent_id: OTHER }] }), 'case-1', ME, null)).toBe(false);
  });
  test('for owner and watcher by itself, for others when they ask', () => {
    const by = (over: Parameters<typeof anEmergency>[0]): LiveState => live({ emergencies: [anEmergency(over)] });
    expect(screenOpen(by({ owner_id: ME }), 'case-1', ME, null)).toBe(true);
    expect(screenOpen(by({ owner_id: OTHER, watcher_id: ME }), 'case-1', ME, null)).toBe(true);
    const theirs = by({ owner_id: OTHER, watcher_id: null });
    expect(screenOpen(theirs, 'case-1', ME, null)).toBe(false);
    expect(screenOpen(theirs, 'case-1', ME, { caseId: 'case-1', in: true })).toBe(true);
    expect(screenOpen(theirs, 'case-1', ME, { caseId: 'case-2', in: true })).toBe(false);
  });
  test('left, it stays left; without an emergency there is none to come back to', () => {
    const state = live({ emergencies: [anEmergency({ owner_id: ME })] });
    expect(screenOpen(state, 'case-1', ME, { caseId: 'case-1', in: false })).toBe(false);
    expect(screenOpen(live({}), 'case-1', ME, { caseId: 'case-1', in: true })).toBe(false);
  });
});
