import type { Options } from '../../api/types';

type Opening = Options['openings'][number];

/** The line that was called: as it is named, or with digits before it that a carrier puts there. */
export function lineOf(called: string, lines: Options['lines']): Options['lines'][number] | undefined {
  const digits = called.replace(/^\+/, '');
  return lines.find((line) => line.number === digits) ?? lines.find((line) => digits.endsWith(line.number));
}

/** Her line and dialect come before her line, that before her dialect, and that before what is said to all. */
export function openingFor(openings: Opening[], line: string, dialect: string): Opening | undefined {
  const find = (ofLine: string, ofDialect: string): Opening | undefined =>
    openings.find((one) => one.line === ofLine && one.dialect === ofDialect);
  return (
    (line && dialect ? find(line, dialect) : undefined) ??
    (line ? find(line, '') : undefined) ??
    (dialect ? find('', dialect) : undefined) ??
    find('', '')
  );
}

/** `{name}` and `{centre}` filled in; anything else in braces stays, to be seen. */
export function filledIn(text: string, values: { name?: string; centre: string }): string {
  return text.replace(/\{(name|centre)\}/g, (whole, key: 'name' | 'centre') => values[key] ?? whole);
}
