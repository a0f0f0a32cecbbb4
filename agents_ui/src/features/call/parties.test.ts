// @vitest-environment node
import { describe, expect, test } from 'vitest';
import type { PartyView } from '../../api/types';
import { aCall, ago, aParty, ME, OTHER } from '../../testing/fixtures';
import { actsFor, again, companyOf, hasFailed, sameTarget, shownParties, standingOf, stateKey } from './parties';

const own = aParty({ leg_id: 'own', role: 'agent', code: '', agent_id: ME, asked_by: null });
const call = (parties: PartyView[], over: Parameters<typeof aCall>[0] = {}) =>
  aCall({ state: 'talking', agent_id: ME, parties, ...over });

describe('who would be cut by hanging up for all', () => {
  test('the caller alone is one; with 120 on the line two; a supervisor who listens does not count', () => {
    expect(companyOf(call([own]), ME)).toBe(1);
    expect(companyOf(call([own, aParty()]), ME)).toBe(2);
    expect(companyOf(call([own, aParty({ role: 'supervisor', code: '', mode: 'listen' })]), ME)).toBe(1);
  });
  test('who rings is not on it yet, a caller who has gone is not any more', () => {
    expect(companyOf(call([own, aParty({ state: 'ringing' })]), ME)).toBe(1);
    expect(companyOf(call([own, aParty()], { caller_left_at: ago(3) }), ME)).toBe(1);
  });
  test('of a call that we make the far side is a party', () => {
    expect(companyOf(call([own, aParty({ role: 'elder', code: '' })], { kind: 'outbound' }), ME)).toBe(1);
  });
});

test.each([
  [own, 'on'],
  [{ ...own, muted: true }, 'listening'],
  [{ ...own, state: 'ended' as const }, 'away'],
])('%j: %s', (mine, standing) => {
  expect(standingOf(call([mine, aParty()]), ME)).toBe(standing);
});

test('a call with no legs told yet is ours all the same', () => {
  expect(standingOf(call([]), ME)).toBe('on');
});

describe('what is shown', () => {
  const failed = aParty({ leg_id: 'first', state: 'ended', cause: 'busy' });
  test('a failed one stays until it is tried again', () => {
    expect(shownParties(call([own, failed]), ME).map((one) => one.leg_id)).toEqual(['first']);
    const second = aParty({ leg_id: 'second', state: 'ringing' });
    expect(shownParties(call([own, failed, second]), ME).map((one) => one.leg_id)).toEqual(['second']);
    expect(sameTarget(failed, aParty({ code: '110' }))).toBe(false);
  });
  test.each([
    ['busy', true],
    ['no_answer', true],
    ['rejected', true],
    ['brand_new', true],
    ['hung_up', false],
    ['dropped', false],
    ['cancelled', false],
  ])('ended by %s: failed is %s', (cause, is) => {
    expect(hasFailed(aParty({ state: 'ended', cause }))).toBe(is);
  });
  test('its words say why', () => {
    expect(stateKey(failed)).toBe('failed.busy');
    expect(stateKey(aParty({ state: 'ended', cause: 'brand_new' }))).toBe('failed.other');
    expect(stateKey(aParty({ state: 'ended', cause: 'hung_up' }))).toBe('left');
    expect(stateKey(aParty({ state: 'early' }))).toBe('early');
  });
});

test.each([
  [aParty(), { agency: '120' }],
  [aParty({ role: 'contact', code: '', ref_id: 'c1' }), { contact_id: 'c1' }],
  [aParty({ role: 'grid_worker', code: '', ref_id: 'w1' }), { worker_id: 'w1' }],
  [aParty({ role: 'agent', code: '', agent_id: OTHER }), { agent_id: OTHER }],
  [aParty({ role: 'elder', code: '' }), { elder: true }],
  [aParty({ role: 'other', code: '', number: '138 1234 5678' }), { number: '138 1234 5678' }],
  [aParty({ role: 'other', code: '', number: '138****5678' }), null],
])('called again: %#', (party, meant) => {
  expect(again(party)).toEqual(meant);
});

test('what can be done follows from where somebody is', () => {
  expect(actsFor(aParty({ state: 'early' }))).toEqual(['drop']);
  expect(actsFor(aParty({ state: 'consult' }))).toEqual(['join', 'transfer', 'drop']);
  expect(actsFor(aParty())).toEqual(['hold', 'drop']);
  expect(actsFor(aParty({ state: 'held' }))).toEqual(['resume', 'drop']);
  expect(actsFor(aParty({ state: 'ended' }))).toEqual([]);
});
