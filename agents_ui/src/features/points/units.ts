import type { Book } from './account/queries';

/** 1234 → "1,234"; of time coins, which are half hours, 3 → "1.5". */
export function units(amount: number, book: Book): string {
  const many = Math.abs(amount);
  const text = book === 'PT' ? many.toLocaleString('en-US') : `${Math.floor(many / 2)}${many % 2 === 1 ? '.5' : ''}`;
  return `${amount < 0 ? '−' : ''}${text}`;
}

export function signed(amount: number, book: Book): string {
  return `${amount > 0 ? '+' : ''}${units(amount, book)}`;
}
