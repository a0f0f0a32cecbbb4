/** Pure: what a counter may tell of a sale, before it is sent. The server decides again. */
import type { Sale } from './types';
import { fenOf } from './words';

export interface Typed {
  card: string;
  receipt: string;
  paid: string;
  excluded: string;
}

export interface NewSale {
  card_number: string;
  receipt: string;
  amount_fen: number;
  excluded_fen: number;
}

const NUMBER = /^[A-Za-z0-9._-]{1,40}$/;
const CARD = /^[A-Za-z0-9-]{3,32}$/;

export const isNumber = (text: string): boolean => NUMBER.test(text.trim());

/** null: something is missing, or is none. */
export function saleOf({ card, receipt, paid, excluded }: Typed): NewSale | null {
  const amount_fen = fenOf(paid);
  const excluded_fen = excluded.trim() === '' ? 0 : fenOf(excluded);
  if (!amount_fen || excluded_fen === null || excluded_fen > amount_fen) return null;
  if (!CARD.test(card.trim()) || !isNumber(receipt)) return null;
  return { card_number: card.trim(), receipt: receipt.trim(), amount_fen, excluded_fen };
}

/** Of a refund: more than nothing, at most what counted and is still there. */
export function refundOf(text: string, left: number): number | null {
  const fen = fenOf(text);
  return fen && fen <= left ? fen : null;
}

/** A number that this receipt has not used: the till of a small shop prints none for what comes back. */
export function nextNumber(sale: Sale): string {
  const used = new Set(sale.refunds.map((one) => one.number));
  let n = 1;
  while (used.has(`T${String(n)}`)) n += 1;
  return `T${String(n)}`;
}

export const mayBeRefunded = (sale: Sale): boolean => sale.state !== 'refused' && sale.left_fen > 0;

/** Whether something waits to be looked at: then the list is read again soon. */
export const isWaiting = (sales: Sale[]): boolean =>
  sales.some((sale) => sale.state === 'new' || sale.refunds.some((one) => one.state === 'new'));
