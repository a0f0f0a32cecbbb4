import type { Box, Spot } from './geo';

export interface Wanted {
  id: string;
  text: string;
  at: Spot;
  /** The higher is placed first. */
  weight: number;
  /** In units of the drawing. */
  size: number;
}

export interface Placed extends Wanted {
  x: number;
  y: number;
}

/** How wide a text is: a Chinese character is as wide as high, a letter about half of it. */
export function widthOf(text: string, size: number): number {
  let width = 0;
  for (const letter of text) width += /[⺀-鿿＀-￯]/u.test(letter) ? 1 : 0.58;
  return width * size;
}

const overlap = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/** Labels that stand free of each other and of `taken`. One that finds no place near its own is left out; it comes when one looks closer. */
export function placeLabels(wanted: readonly Wanted[], taken: readonly Box[] = []): Placed[] {
  const occupied = [...taken];
  const placed: Placed[] = [];
  for (const one of [...wanted].sort((a, b) => b.weight - a.weight || a.id.localeCompare(b.id))) {
    const half = widthOf(one.text, one.size) / 2 + one.size * 0.15;
    for (const shift of [0, -0.8, 0.8, -1.5, 1.5]) {
      const y = one.at.y + shift * one.size;
      const box = {
        left: one.at.x - half,
        right: one.at.x + half,
        top: y - one.size * 0.6,
        bottom: y + one.size * 0.6,
      };
      if (occupied.some((other) => overlap(box, other))) continue;
      occupied.push(box);
      placed.push({ ...one, x: one.at.x, y });
      break;
    }
  }
  return placed;
}
