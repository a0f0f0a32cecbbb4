/**
 * The small part of Markdown that articles are written in (the server's `knowledge/rules.py` says the same). It gives a
 * tree that is drawn as elements; nothing here or there ever becomes HTML by itself.
 */

export type Inline =
  { kind: 'text'; text: string } | { kind: 'bold'; parts: Inline[] } | { kind: 'link'; text: string; href: string };

export type Block =
  | { kind: 'heading' | 'paragraph' | 'quote'; lines: Inline[][] }
  | { kind: 'list'; ordered: boolean; items: Inline[][] };

const TARGET = /^(?:https:\/\/[^\s/]+\S*|tel:\+?[0-9][0-9-]{2,19})$/;
const PIECE = /\*\*(.+?)\*\*|\[([^[\]\n]*)\]\(([^)\s]*)\)/g;

export const isSafe = (href: string): boolean => TARGET.test(href);

export function parseInline(text: string): Inline[] {
  const found: Inline[] = [];
  let at = 0;
  const plain = (until: number): void => {
    if (until > at) found.push({ kind: 'text', text: text.slice(at, until) });
  };
  for (const match of text.matchAll(PIECE)) {
    const [all, bold, words, href] = match;
    if (bold === undefined && !isSafe(href ?? '')) continue; // stays what it is: plain text
    plain(match.index);
    at = match.index + all.length;
    if (bold !== undefined) found.push({ kind: 'bold', parts: parseInline(bold) });
    else found.push({ kind: 'link', text: words || (href ?? ''), href: href ?? '' });
  }
  plain(text.length);
  return found;
}

const HEADING = /^#{2,3}\s+(.*)$/;
const QUOTE = /^>\s?(.*)$/;
const ITEM = /^(?:([-*])|\d{1,2}\.)\s+(.*)$/;

export function parse(body: string): Block[] {
  const blocks: Block[] = [];
  let open: Block | null = null;
  for (const raw of body.split(/\r?\n/)) {
    const line = raw.trim();
    if (line === '') {
      open = null;
      continue;
    }
    const heading = HEADING.exec(line);
    const quote = QUOTE.exec(line);
    const item = ITEM.exec(line);
    if (heading) {
      blocks.push({ kind: 'heading', lines: [parseInline(heading[1] ?? '')] });
      open = null;
    } else if (item) {
      const ordered = item[1] === undefined;
      const words = parseInline(item[2] ?? '');
      if (open?.kind === 'list' && open.ordered === ordered) open.items.push(words);
      else blocks.push((open = { kind: 'list', ordered, items: [words] }));
    } else {
      const kind = quote ? 'quote' : 'paragraph';
      const words = parseInline(quote ? (quote[1] ?? '') : line);
      if (open !== null && open.kind === kind) open.lines.push(words);
      else blocks.push((open = { kind, lines: [words] }));
    }
  }
  return blocks;
}

/** With which number each ordered list begins: one that goes on after a quotation goes on counting. */
export function startsOf(blocks: readonly Block[]): number[] {
  let count = 0;
  return blocks.map((block) => {
    if (block.kind === 'heading' || (block.kind === 'list' && !block.ordered)) count = 0;
    if (block.kind !== 'list' || !block.ordered) return 1;
    const start = count + 1;
    count += block.items.length;
    return start;
  });
}
