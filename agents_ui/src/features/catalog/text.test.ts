import { describe, expect, test } from 'vitest';
import { aVersion, CLEANING, LICENCES, MEALS } from './fixtures';
import { differences } from './PublishDialog';
import { optionsFor } from './RequirementFields';
import { draftOf, fits, formOf, formsOf, lastOf, ofVersion, range, yuan } from './text';

describe('text', () => {
  test('money is yuan without needless noughts', () => {
    expect([0, 3000, 3050, 5].map(yuan)).toEqual(['0', '30', '30.50', '0.05']);
    expect([range('30', '50'), range('30', '30')]).toEqual(['30–50', '30']);
  });
  test.each(['JZ01', 'jz', '保洁', 'richang', 'rcbj', 'clean', ' RCBJ '])('%s finds routine cleaning', (typed) => {
    expect(fits(ofVersion(CLEANING), typed)).toBe(true);
    expect(fits(ofVersion(MEALS), typed)).toBe(false);
  });
  test('a draft keeps only what is different, so that others keep what they changed', () => {
    const draft = draftOf(CLEANING, { ...formOf(CLEANING), price_max_fen: 6000 });
    expect(draft).toEqual({ price_max_fen: 6000 });
    const [form] = formsOf([{ ...CLEANING, minutes_max: 240 }], { JZ01: draft });
    expect([form?.price_max_fen, form?.minutes_max, form?.is_new]).toEqual([6000, 240, false]);
    expect(formsOf([], { JZ09: { ...formOf(CLEANING), code: 'JZ09' } })[0]?.is_new).toBe(true);
    expect(draftOf(CLEANING, formOf(CLEANING))).toEqual({});
  });
  test('what is edited is the last version that was not withdrawn', () => {
    expect(lastOf([aVersion(3, 'withdrawn'), aVersion(2, 'planned'), aVersion(1, 'in_force')])?.number).toBe(2);
    expect(lastOf([])).toBeUndefined();
  });
  test('differences are told with what stood there', () => {
    expect(differences([CLEANING], { JZ01: { minutes_max: 240 } })).toEqual([
      {
        code: 'JZ01',
        name_zh: '日常保洁',
        name_en: 'Routine cleaning',
        kind: 'changed',
        fields: [{ field: 'minutes_max', before: 180, after: 240 }],
      },
    ]);
  });
  test('once one licence is chosen only those of the same holder are offered', () => {
    const codes = (chosen: string[]): string[] =>
      optionsFor(LICENCES, chosen, 'zh', String).flatMap((one) => one.options.map((option) => option.value));
    expect(codes([])).toEqual(['food_business', 'health_certificate', 'housekeeper']);
    expect(codes(['food_business'])).toEqual(['food_business']);
    expect(codes(['housekeeper'])).toEqual(['health_certificate', 'housekeeper']);
  });
});
