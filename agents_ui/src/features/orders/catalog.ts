import type { components } from '../../api/schema';

export type Item = components['schemas']['ItemInForceView'];

/** What may be ordered: not what the centre does itself. */
export const isOrderable = (item: Item): boolean => item.claim_mode !== 'centre';

function score(item: Item, word: string): number {
  const code = item.code.toLowerCase();
  const syllables = item.pinyin.toLowerCase().split(' ');
  const initials = syllables.map((one) => one[0] ?? '').join('');
  const whole = syllables.join('');
  const english = item.name_en.toLowerCase();
  if (code === word || item.name_zh === word) return 0;
  if (code.startsWith(word) || item.name_zh.startsWith(word)) return 1;
  if (initials.startsWith(word) || whole.startsWith(word)) return 2;
  if (item.name_zh.includes(word) || initials.includes(word)) return 3;
  if (whole.includes(word) || english.includes(word)) return 4;
  return -1;
}

/** By name, pinyin, initials or code, the closest first; all in the catalogue's order without a word. */
export function findItems(items: readonly Item[], q: string, category: string | null = null): Item[] {
  const word = q.trim().toLowerCase().replaceAll(' ', '');
  const possible = items.filter((item) => isOrderable(item) && (category === null || item.category === category));
  if (word === '') return possible;
  return possible
    .map((item, at) => ({ item, at, score: score(item, word) }))
    .filter((one) => one.score >= 0)
    .sort((a, b) => a.score - b.score || a.at - b.at)
    .map((one) => one.item);
}
