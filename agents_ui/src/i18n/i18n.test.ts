import { beforeEach, describe, expect, test } from 'vitest';
import openapi from '../../openapi.json?raw';
import { ApiError } from '../api/errors';
import { setLanguage } from '../app/preferences';
import { en } from './en';
import { zh } from './zh';
import { startI18n } from '.';
import { errorText, lookUp, word } from './words';

type Tree = { [key: string]: string | Tree };

function texts(tree: Tree, path = ''): [key: string, text: string][] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [[path + key, value] as [string, string]] : texts(value, `${path}${key}.`),
  );
}

const languages = { zh: new Map(texts(zh)), en: new Map(texts(en)) };
const placeholders = (text: string): string[] => [...text.matchAll(/{{\s*(\w+)\s*}}/g)].map((found) => found[1] ?? '');

describe('the two languages', () => {
  test('have exactly the same keys', () => {
    expect([...languages.en.keys()].sort()).toEqual([...languages.zh.keys()].sort());
  });

  test.each(Object.entries(languages))('%s has no empty text, and none with blanks at its ends', (_, all) => {
    expect([...all].filter(([, text]) => text === '' || text !== text.trim())).toEqual([]);
  });

  test('speak of the same things: each text has the placeholders of the other', () => {
    const differ = [...languages.zh].filter(
      ([key, text]) =>
        placeholders(text).sort().join() !==
        placeholders(languages.en.get(key) ?? '')
          .sort()
          .join(),
    );
    expect(differ).toEqual([]);
  });

  test('no brace is left over from a placeholder written wrongly', () => {
    const spoiled = [...languages.zh, ...languages.en].filter(([, text]) =>
      /[{}]/.test(text.replace(/{{\s*\w+\s*}}/g, '')),
    );
    expect(spoiled).toEqual([]);
  });

  test('English has no Chinese in it, but for the way to Chinese and what is said to the elder', () => {
    const chinese = [...languages.en].filter(
      ([key, text]) =>
        !['app.language', 'ring.greet', 'ring.greetUnknown', 'ring.greetBad'].includes(key) &&
        /\p{Script=Han}/u.test(text),
    );
    expect(chinese).toEqual([]);
  });
});

describe('the words for the codes of the server', () => {
  const schemas = (JSON.parse(openapi) as { components: { schemas: Record<string, { enum?: string[] }> } }).components
    .schemas;

  test.each([
    ['role', 'Role'],
    ['agentState', 'AgentState'],
    ['callState', 'CallState'],
    ['caseState', 'CaseState'],
    ['severity', 'Severity'],
    ['sex', 'Sex'],
    ['living', 'Living'],
    ['presence', 'Presence'],
    ['hearing', 'Hearing'],
    ['ability', 'Ability'],
    ['funding', 'Funding'],
    ['fallRisk', 'FallRisk'],
    ['catalogCategory', 'Category'],
    ['catalogUnit', 'Unit'],
  ] as const)('%s has one for each of %s, and none that the server does not know', (group, schema) => {
    const codes = [...(schemas[schema]?.enum ?? [])].sort();
    expect(codes.length).toBeGreaterThan(1);
    expect(Object.keys(zh[group]).sort()).toEqual(codes);
    expect(Object.keys(en[group]).sort()).toEqual(codes);
  });

  test.each(['voice_away', 'database_away', 'wrong_credentials', 'csrf', 'call_is_live', 'no_access', 'no_recording'])(
    'the error %s, which the protocol names, has one',
    (code) => {
      expect(languages.zh.has(`error.${code}`)).toBe(true);
    },
  );
});

describe('looking up', () => {
  beforeEach(() => {
    setLanguage('zh');
    startI18n();
  });

  test('a code that is new to us is shown as it is rather than hidden', () => {
    expect(word('callState', 'talking')).toBe('通话中');
    expect(word('callState', 'parked')).toBe('parked');
  });

  test('follows the language that was chosen', () => {
    setLanguage('en');
    expect(word('callState', 'talking')).toBe('Talking');
  });

  test('an error is told by its code, and one without a word by what the server wrote', () => {
    expect(errorText(new ApiError('no_access', 403, 'no grant'))).toBe(zh.error.no_access);
    expect(errorText(new ApiError('brand_new', 409, 'what it means'))).toBe('what it means');
    expect(errorText(new TypeError('Failed to fetch'))).toBe(zh.error.network);
  });

  test('fills in what belongs to the text, and does not escape names', () => {
    expect(lookUp('notice.taken', { name: "O'Neill & 李" })).toBe("已由 O'Neill & 李 接听");
    expect(lookUp('notice.there-is-no-such')).toBeNull();
  });
});
