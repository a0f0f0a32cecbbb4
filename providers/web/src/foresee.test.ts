import { describe, expect, it } from 'vitest';
import { foresee, holds, nextStep } from './foresee';
import type { Action, ActionKind } from './queue';
import type { Job, Proof } from './types';

const job = (fields: Partial<Job> = {}): Job => ({
  order_id: 'o1', number: 'D1', store_id: 's', store: '店', sla_class: 'N1', lines: [], minutes: 60, wanted_from: null, wanted_to: null,
  arrive_by: null, elder: '王桂兰', address: '路1号', metres: 300, pays_fen: 4000, proofs_needed: 1,
  timed: true, is_subsidised: false, version: 3,
  state: 'accepted', worker: null, mine: true, latitude: null, longitude: null, notes: '', hidden: false, job_code: '', accepted_at: null,
  checked_in_at: null, checked_out_at: null, proofs_in: [], proofs_out: [], code_locked: false, attention: '', amount_fen: null, settled: null,
  may: ['set_out', 'check_in', 'check_out'], ...fields,
}); // prettier-ignore

const waits = (kind: ActionKind, path: string, body: unknown = {}, order = 'o1'): Action => ({
  key: path,
  kind,
  order,
  path,
  body,
  at: 0,
});

describe('a job that is worked through without a network', () => {
  it('goes on as if all had been sent', () => {
    const all = [
      waits('set_out', '/set-out'),
      waits('check_in', '/proofs/code'),
      waits('check_out', '/proofs/position'),
      waits('finish', '/finish', { amount_fen: 4500 }),
    ];
    const states = all.map((_, i) => foresee(job(), all.slice(0, i + 1)).state);
    expect(states).toEqual(['en_route', 'in_service', 'in_service', 'done']);
    expect(foresee(job(), all)).toMatchObject({
      proofs_in: ['service_code'],
      proofs_out: ['position_photo'],
      amount_fen: 4500,
    });
  });

  it('is not changed by what waits for another', () => {
    expect(foresee(job(), [waits('set_out', '/set-out', {}, 'o2')])).toEqual(job());
  });

  it('is not begun by the tag alone', () => {
    const tagged = foresee(job({ state: 'en_route' }), [waits('check_in', '/proofs/tag')]);
    expect([tagged.state, tagged.proofs_in]).toEqual(['en_route', ['door_tag']]);
  });
});

describe('the one key', () => {
  it.each<[Partial<Job>, string]>([
    [{ state: 'accepted' }, 'set_out'],
    [{ state: 'en_route' }, 'check_in'],
    [{ state: 'no_answer' }, 'check_in'],
    [{ state: 'in_service', proofs_in: ['service_code'] }, 'check_out'],
    [{ state: 'in_service', proofs_in: ['service_code'], proofs_needed: 2 }, 'more_in'],
    [{ state: 'done' }, 'more_out'],
    [{ state: 'done', proofs_out: ['service_code'] }, 'none'],
    [{ state: 'done', may: [] }, 'none'],
    [{ state: 'verified' }, 'none'],
    [{ state: 'cancelled' }, 'none'],
  ])('%o: %s', (fields, step) => expect(nextStep(job(fields))).toBe(step));
});

it.each<[Proof[], number, boolean]>([
  [[], 1, false],
  [['door_tag'], 1, false],
  [['service_code'], 1, true],
  [['service_code'], 2, false],
  [['door_tag', 'service_code'], 2, true],
])('%o of %i hold: %s', (proofs, needed, expected) => expect(holds(proofs, needed)).toBe(expected));
