import type { AskedOrder } from '../../api/types';
import { wantedOf, type When } from './when';

/** An order as it is being put together: survives a reload until it is placed. */
export interface OrderDraft {
  lines: { item: string; quantity: number }[];
  when: When;
  /** Of "at a time": ISO; "" = not chosen yet. */
  at: string;
  notes: string;
  payer: 'auto' | 'self_pay';
  store: string | null;
}

export const EMPTY_DRAFT: OrderDraft = { lines: [], when: 'soon', at: '', notes: '', payer: 'auto', store: null };
export const orderKey = (caseId: string): string => `order.${caseId}`;

/** What was kept, or an empty one when it is none of ours. */
export function readDraft(kept: string): OrderDraft {
  try {
    const found = JSON.parse(kept) as Partial<OrderDraft>;
    return Array.isArray(found.lines) ? { ...EMPTY_DRAFT, ...found } : EMPTY_DRAFT;
  } catch {
    return EMPTY_DRAFT;
  }
}

export const isEmpty = (draft: OrderDraft): boolean => draft.lines.length === 0 && draft.notes.trim() === '';

export function writeDraft(draft: OrderDraft): string {
  return isEmpty(draft) ? '' : JSON.stringify(draft);
}

const MOST = 10;

export function withItem(draft: OrderDraft, item: string): OrderDraft {
  if (draft.lines.some((line) => line.item === item) || draft.lines.length >= MOST) return draft;
  return { ...draft, lines: [...draft.lines, { item, quantity: 1 }] };
}

/** A quantity below one takes the line away. */
export function withQuantity(draft: OrderDraft, item: string, quantity: number): OrderDraft {
  const lines =
    quantity < 1
      ? draft.lines.filter((line) => line.item !== item)
      : draft.lines.map((line) => (line.item === item ? { ...line, quantity: Math.min(999, quantity) } : line));
  return { ...draft, lines };
}

/** As the server wants it; null: something is missing. */
export function askedOf(draft: OrderDraft, now: number): AskedOrder | null {
  if (draft.lines.length === 0) return null;
  const wanted = wantedOf(draft.when, draft.at, now);
  if (wanted === null) return null;
  return {
    lines: draft.lines.map((line) => ({ ...line, low_risk: false })),
    notes: draft.notes.trim(),
    payer: draft.payer,
    prefers_store_id: draft.store,
    ...wanted,
  };
}
