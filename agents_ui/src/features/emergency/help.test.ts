// @vitest-environment node
import { describe, expect, test } from 'vitest';
import { aHandover, anAttempt } from '../../testing/emergency';
import { ago, anElder } from '../../testing/fixtures';
import { inOrder, momentsOf, needsWords } from './handover';
import { calledBack, helpOf, isBad, isGood, rungsOf } from './ladder';

const contact = (id: string, has_key: boolean) => ({
  id,
  name: id,
  relation: '女儿',
  number: '+8613900006781',
  text: '139 0000 6781',
  has_key,
  key_note: '',
  is_guardian: false,
});
const elder = anElder({
  contacts: [contact('neighbour', true), contact('daughter', false)] as never,
  grid_worker: { id: 'worker', name: '王国平', number: '+8613700017011', text: '137 0001 7011', role: 'grid_worker' },
});

describe('contacts', () => {
  test('stand in their order, the grid worker last, each with her last call', () => {
    const told = {
      ladder: null,
      attempts: [
        anAttempt({ contact_id: 'daughter', state: 'no_answer', round: 2 }),
        anAttempt({ contact_id: 'daughter', state: 'busy', round: 1 }),
      ],
    };
    expect(rungsOf(elder, told).map((one) => [one.key, one.last?.state ?? null])).toEqual([
      ['neighbour', null],
      ['daughter', 'no_answer'],
      ['worker', null],
    ]);
  });
  test('who is going is first, then who rings', () => {
    const told = {
      ladder: null,
      attempts: [
        anAttempt({ contact_id: 'neighbour', state: 'calling' }),
        anAttempt({ contact_id: null, worker_id: 'worker', who: 'grid_worker', state: 'going' }),
      ],
    };
    expect(rungsOf(elder, told).map((one) => one.key)).toEqual(['worker', 'neighbour', 'daughter']);
  });
  test('of nobody there is nothing, and calls to herself stand apart', () => {
    expect(rungsOf(null, undefined)).toEqual([]);
    const own = anAttempt({ who: 'elder', contact_id: null, state: 'no_answer' });
    expect(calledBack({ ladder: null, attempts: [own] })).toEqual([own]);
    expect([isGood('going'), isBad('busy'), isBad('calling')]).toEqual([true, true, false]);
  });
});

describe('what the head says of help', () => {
  const going = anAttempt({ id: 'a', contact_id: 'daughter', state: 'going' });
  const ladder = { round: 1, rungs: [], rung: 1, state: 'running', due_at: null } as const;
  test.each([
    ['nobody was called', { ladder: null, attempts: [] }, null],
    ['it was stopped', { ladder: { ...ladder, state: 'stopped' as const }, attempts: [] }, null],
    ['a ladder runs', { ladder, attempts: [] }, 'calling'],
    ['one is called by a click', { ladder: null, attempts: [anAttempt({ state: 'calling' })] }, 'calling'],
    ['she herself is called back', { ladder: null, attempts: [anAttempt({ who: 'elder', state: 'calling' })] }, null],
    [
      'nobody goes',
      { ladder: { ...ladder, state: 'ended' as const }, attempts: [anAttempt({ state: 'busy' })] },
      'ended',
    ],
    ['somebody goes', { ladder: { ...ladder, state: 'taken' as const }, attempts: [going] }, 'going'],
    ['she is there', { ladder: null, attempts: [{ ...going, arrived_at: ago(1) }] }, 'arrived'],
    ['and another round runs', { ladder: { ...ladder, round: 2 }, attempts: [going] }, 'going'],
  ])('%s', (_, emergency, state) => {
    expect(helpOf(emergency as never, undefined)?.state ?? null).toBe(state);
  });
  test('who it is comes with the calls', () => {
    const emergency = { ladder: null, attempts: [going] } as never;
    expect(helpOf(emergency, { ladder: null, attempts: [going] })?.who).toEqual(going);
    expect(helpOf(emergency, undefined)?.who).toBeNull();
  });
});

describe('a hand-over', () => {
  test('goes its way; a refusal ends it where it was refused', () => {
    expect(momentsOf(aHandover({ accepted_at: ago(3) })).map((one) => one.at !== null)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(momentsOf(aHandover({ state: 'rejected', rejected_at: ago(1) })).map((one) => one.state)).toEqual([
      'offered',
      'rejected',
    ]);
  });
  test('its keys stand as it goes, the refusal last; some need words', () => {
    expect(inOrder(['rejected', 'closed', 'accepted'])).toEqual(['accepted', 'closed', 'rejected']);
    expect([needsWords('rejected'), needsWords('closed'), needsWords('accepted')]).toEqual(['reason', 'outcome', null]);
  });
});
