import { expect, it } from 'vitest';
import { isWaiting, mayBeRefunded, nextNumber, refundOf, saleOf, type Typed } from './sale';
import type { Sale, SaleRefund } from './types';

const typed = (change: Partial<Typed> = {}): Typed => ({
  card: 'XF-1',
  receipt: 'A-1',
  paid: '100',
  excluded: '',
  ...change,
});
const refund = (number: string, state: SaleRefund['state'] = 'booked'): SaleRefund => ({
  id: number, number, fen: 100, state, why: '', points: 1, made_at: '2026-11-27T02:00:00Z',
}); // prettier-ignore
const sale = (change: Partial<Sale> = {}): Sale => ({
  id: 's', receipt: 'A-1', fen: 10_000, excluded_fen: 0, state: 'booked', why: '', points: 100, left_fen: 10_000,
  made_at: '2026-11-27T02:00:00Z', refunds: [], ...change,
}); // prettier-ignore

it('a sale as it was typed', () => {
  expect(saleOf(typed({ card: ' XF-1 ', paid: '１００。5', excluded: '20' }))).toEqual({
    card_number: 'XF-1',
    receipt: 'A-1',
    amount_fen: 10_050,
    excluded_fen: 2_000,
  });
  expect(saleOf(typed())?.excluded_fen).toBe(0);
});

it.each<Partial<Typed>>([
  { card: '' }, { card: '王桂兰' }, { receipt: '' }, { receipt: 'a b' }, { receipt: 'x'.repeat(41) }, { paid: '' }, { paid: '0' }, { paid: '-1' },
  { paid: '50000.01' }, { excluded: '100.01' }, { excluded: '四' },
])('%j is no sale', (change) => expect(saleOf(typed(change))).toBeNull()); // prettier-ignore

it.each<[string, number | null]>([
  ['100', 10_000],
  ['0.01', 1],
  ['100.01', null],
  ['0', null],
  ['', null],
])('%s yuan of 100 given back', (text, fen) => expect(refundOf(text, 10_000)).toBe(fen));

it('a refund has a number of its own, also after one that was refused', () => {
  expect(nextNumber(sale())).toBe('T1');
  expect(nextNumber(sale({ refunds: [refund('T1'), refund('T2', 'refused'), refund('X')] }))).toBe('T3');
});

it('only what stands and is not all given back', () => {
  expect(mayBeRefunded(sale())).toBe(true);
  expect(mayBeRefunded(sale({ left_fen: 0 }))).toBe(false);
  expect(mayBeRefunded(sale({ state: 'refused' }))).toBe(false);
});

it('waits while anything is looked at', () => {
  expect(isWaiting([sale()])).toBe(false);
  expect(isWaiting([sale(), sale({ state: 'new' })])).toBe(true);
  expect(isWaiting([sale({ refunds: [refund('T1', 'new')] })])).toBe(true);
});
