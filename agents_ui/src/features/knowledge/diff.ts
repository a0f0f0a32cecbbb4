export interface Line {
  kind: 'same' | 'added' | 'removed';
  text: string;
}

/** Line by line: the longest common part stays, the rest is taken out or put in. */
export function diffLines(before: string, after: string): Line[] {
  const [a, b] = [before.split('\n'), after.split('\n')];
  const longest = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  const at = (i: number, j: number): number => longest[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const row = longest[i];
      if (row) row[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const found: Line[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      found.push({ kind: 'same', text: a[i] ?? '' });
      i++;
      j++;
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1)))
      found.push({ kind: 'removed', text: a[i++] ?? '' });
    else found.push({ kind: 'added', text: b[j++] ?? '' });
  }
  return found;
}

/** The names of fields other than the text in which two versions differ. */
export function changedFields<T extends object>(before: T, after: T, but: readonly (keyof T)[]): (keyof T)[] {
  return (Object.keys(after) as (keyof T)[]).filter(
    (key) => !but.includes(key) && JSON.stringify(before[key]) !== JSON.stringify(after[key]),
  );
}
