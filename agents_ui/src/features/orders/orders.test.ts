import { describe, expect, test } from 'vitest';
import type { OrderView } from '../../api/types';
import { AT, iso } from '../../testing/fixtures';
import { prominent, splitActs } from './acts';
import { byCommunity, byDeadline, choicesOf, inColumns, isFiltered, matches, needsAttention, NO_FILTER } from './board';
import { findItems } from './catalog';
import { ageOf, dueOf } from './deadline';
import { askedOf, EMPTY_DRAFT, readDraft, withItem, withQuantity, writeDraft } from './draft';
import { anItem, anOrder } from './fixtures';
import { nextUsual, wantedOf } from './when';
import { gateText, yuan } from './words';

const MINUTE = 60_000;

describe('how an order stands to its deadline', () => {
  const order = (over: Partial<OrderView>): OrderView =>
    anOrder({ state: 'offered', requested_at: iso(AT), due_at: iso(AT + 40 * MINUTE), ...over });

  test('green, amber for the last quarter, red when it is over', () => {
    expect(ageOf(order({}), AT)).toBe('fresh');
    expect(ageOf(order({}), AT + 29 * MINUTE)).toBe('fresh');
    expect(ageOf(order({}), AT + 30 * MINUTE)).toBe('near');
    expect(ageOf(order({}), AT + 40 * MINUTE)).toBe('late');
  });
  test('amber is at most the last hour of a job of days', () => {
    const days = order({ due_at: iso(AT + 48 * 60 * MINUTE) });
    expect(ageOf(days, AT + 46 * 60 * MINUTE)).toBe('fresh');
    expect(ageOf(days, AT + 47 * 60 * MINUTE)).toBe('near');
  });
  test('what needs somebody is red whatever its clock says', () => {
    expect(ageOf(order({ attention: 'proof', due_at: null, state: 'done' }), AT)).toBe('late');
  });
  test('nothing runs for what is done', () => {
    expect(dueOf(order({ state: 'done' }))).toBeNull();
    expect(ageOf(order({ state: 'verified' }), AT)).toBe('none');
    expect(
      ['requested', 'accepted', 'en_route', 'in_service'].map((state) => dueOf(order({ state } as never))),
    ).toEqual(['accept', 'arrive', 'arrive', 'finish']);
  });
});

describe('the board', () => {
  const list = [
    anOrder({ id: 'a', sla_class: 'N1', attention: 'proof', due_at: null }),
    anOrder({ id: 'b', sla_class: 'N1', attention: 'nobody' }),
    anOrder({ id: 'c', sla_class: 'U1', attention: 'late' }),
    anOrder({ id: 'd', due_at: iso(AT + MINUTE), store_id: 's', store_name: '张姐家政', state: 'accepted' }),
  ];
  test('who needs somebody: by class, then by how grave it is', () => {
    expect(needsAttention(list).map((order) => order.id)).toEqual(['c', 'b', 'a']);
  });
  test('what is due first stands first, what nobody waits for last', () => {
    expect(byDeadline(list).map((order) => order.id)[0]).toBe('d');
    expect(byDeadline(list).at(-1)?.id).toBe('a');
  });
  test('is found by number, service, store, and by each filter', () => {
    const found = (part: object): string[] =>
      list.filter((order) => matches(order, { ...NO_FILTER, ...part })).map((order) => order.id);
    expect(found({ find: '张姐' })).toEqual(['d']);
    expect(found({ find: 'jz01' })).toHaveLength(4);
    expect(found({ class: 'U1' })).toEqual(['c']);
    expect(found({ attention: 'nobody' })).toEqual(['b']);
    expect(found({ store: 's' })).toEqual(['d']);
    expect(found({ category: 'repair' })).toEqual([]);
    expect(isFiltered(NO_FILTER)).toBe(false);
  });
  test('columns hold every live state once', () => {
    expect(inColumns(list).flatMap((column) => column.orders)).toHaveLength(4);
  });
  test('communities are counted with those that are late', () => {
    expect(byCommunity(list, AT)).toEqual([{ id: 'community-1', name: '施营', live: 4, late: 3 }]);
  });
  test('there is to choose from what there is, once each', () => {
    expect(choicesOf(list, (order) => ({ value: order.sla_class, label: order.sla_class }))).toHaveLength(2);
  });
  test('a thousand orders are put in order in no time', () => {
    const many = Array.from({ length: 1000 }, (_, at) => anOrder({ id: String(at), due_at: iso(AT + at * 1000) }));
    const began = performance.now();
    byDeadline(many);
    needsAttention(many);
    expect(performance.now() - began).toBeLessThan(200);
  });
});

describe('the 41 items', () => {
  const items = [
    anItem({ code: 'JZ01', name_zh: '日常保洁', pinyin: 'ri chang bao jie' }),
    anItem({ code: 'JZ02', name_zh: '擦玻璃', pinyin: 'ca bo li' }),
    anItem({ code: 'WX01', name_zh: '水管维修', pinyin: 'shui guan wei xiu', category: 'repair' }),
    anItem({ code: 'JJ01', name_zh: '紧急救助', pinyin: 'jin ji jiu zhu', claim_mode: 'centre' }),
  ];
  test.each([
    ['日常', 'JZ01'],
    ['保洁', 'JZ01'],
    ['rcbj', 'JZ01'],
    ['caboli', 'JZ02'],
    ['wx01', 'WX01'],
    ['guan', 'WX01'],
  ])('%s is %s', (q, code) => {
    expect(findItems(items, q)[0]?.code).toBe(code);
  });
  test('what the centre does itself is not ordered', () => {
    expect(findItems(items, 'jjjz')).toEqual([]);
    expect(findItems(items, '')).toHaveLength(3);
    expect(findItems(items, '', 'repair').map((item) => item.code)).toEqual(['WX01']);
  });
});

describe('a draft', () => {
  test('survives, once there is something in it', () => {
    const draft = withItem(EMPTY_DRAFT, 'JZ01');
    expect(readDraft(writeDraft(draft))).toEqual(draft);
    expect(writeDraft(EMPTY_DRAFT)).toBe('');
    expect(readDraft('no json')).toEqual(EMPTY_DRAFT);
    expect(readDraft('{"lines": 5}')).toEqual(EMPTY_DRAFT);
  });
  test('an item stands once; none of it takes it away', () => {
    const twice = withItem(withItem(EMPTY_DRAFT, 'JZ01'), 'JZ01');
    expect(twice.lines).toEqual([{ item: 'JZ01', quantity: 1 }]);
    expect(withQuantity(twice, 'JZ01', 0).lines).toEqual([]);
    expect(withQuantity(twice, 'JZ01', 5000).lines[0]?.quantity).toBe(999);
  });
  test('is asked for only when nothing is missing', () => {
    expect(askedOf(EMPTY_DRAFT, AT)).toBeNull();
    expect(askedOf({ ...withItem(EMPTY_DRAFT, 'JZ01'), when: 'at' }, AT)).toBeNull();
    expect(askedOf(withItem(EMPTY_DRAFT, 'JZ01'), AT)).toMatchObject({ wanted_from: null, payer: 'auto' });
  });
});

describe('when', () => {
  const noon = new Date(2026, 10, 26, 12, 5).getTime();
  test('as people say it', () => {
    expect(wantedOf('soon', '', noon)).toEqual({ wanted_from: null, wanted_to: null });
    expect(new Date(wantedOf('afternoon', '', noon)?.wanted_from ?? '').getHours()).toBe(14);
    expect(new Date(wantedOf('morning', '', noon)?.wanted_from ?? '').getDate()).toBe(27);
    expect(wantedOf('afternoon', '', noon + 4 * 60 * MINUTE)).toBeNull();
    expect(wantedOf('at', iso(noon - 60 * MINUTE), noon)).toBeNull();
  });
  test('her usual time is the next of its kind', () => {
    const thursday = nextUsual(3, '09:00:00', noon);
    expect([thursday.getDate(), thursday.getMonth(), thursday.getHours()]).toEqual([3, 11, 9]);
    expect(nextUsual(3, '15:30:00', noon).getDate()).toBe(26);
  });
});

describe('acts', () => {
  test('possible ones first, hindered ones with why; what one never may is nowhere', () => {
    const acts = { cancel: '', assign: '', ask_again: 'still_asked', change: 'no_access' };
    expect(splitActs(acts)).toEqual({
      now: ['assign', 'cancel'],
      hindered: [
        { act: 'ask_again', why: 'still_asked' },
        { act: 'change', why: 'no_access' },
      ],
    });
    expect(prominent({ attention: 'expired', acts: { ...acts, ask_again: '' } })).toEqual([
      'ask_again',
      'assign',
      'cancel',
    ]);
  });
});

test('money and gates in words', () => {
  expect([yuan(8000), yuan(8050)]).toEqual(['¥80', '¥80.50']);
  expect(gateText({ gate: 'licence', what: '护士执业证|健康证' })).toContain('护士执业证/健康证');
});
