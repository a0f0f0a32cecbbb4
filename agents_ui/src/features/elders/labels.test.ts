import { beforeEach, describe, expect, test } from 'vitest';
import { setLanguage } from '../../app/preferences';
import { startI18n } from '../../i18n';
import { fieldLabel, tell } from './labels';

beforeEach(() => {
  setLanguage('zh');
  startI18n();
});

describe('a change in words', () => {
  const number = (value: string, label = '') => ({ number: value, label });

  test.each([
    ['living', 'alone', 'with_family', '独居', '与家人同住'],
    ['has_lift', null, true, '', '有电梯'],
    ['wandering', false, true, '否', '是'],
    ['health.fall_risk', 'low', 'high', '低', '高'],
    ['floor', 3, null, '3', ''],
    ['family_doctor_number', '', '+8613500006783', '', '135 0000 6783'],
  ])('%s', (field, before, after, was, is) => {
    expect(tell(field, before, after)).toEqual({ before: was, after: is, added: [], removed: [] });
  });

  test('of numbers: what came and what went', () => {
    const told = tell(
      'numbers',
      [number('+867103456789', '座机'), number('+8613800006789')],
      [number('+8613800006789'), number('+8613900000001')],
    );
    expect(told).toMatchObject({ added: ['139 0000 0001'], removed: ['0710-345 6789 (座机)'] });
  });

  test('of an order alone: both orders', () => {
    const told = tell('health.allergies', ['青霉素', '磺胺'], ['磺胺', '青霉素']);
    expect(told).toEqual({ added: [], removed: [], before: '青霉素、磺胺', after: '磺胺、青霉素' });
  });

  test('of a contact: everything that is known of her', () => {
    const contact = {
      name: '陈秀珍',
      relation: '邻居',
      number: '+8613700006782',
      has_key: true,
      key_note: '501对门',
      is_guardian: false,
      valid_from: null,
      valid_to: '2026-12-01',
    };
    expect(tell('contacts', null, [contact]).added).toEqual([
      '邻居 陈秀珍 137 0000 6782 有钥匙 (501对门) 至 2026-12-01',
    ]);
  });
});

test('every field of the history has its word', () => {
  const fields =
    'name sex birth_date id_number card_number street_address building unit door floor has_lift entrance_hint latitude longitude household_registration living categories ability ability_on hearing dialect wandering preferred_hospital family_doctor family_doctor_number funding presence presence_since presence_until presence_place community grid numbers contacts health.chronic_illness health.medication health.allergies health.blood_type health.implants health.fall_risk health.notes photo merged';
  for (const field of fields.split(' ')) expect(fieldLabel(field), field).not.toBe(field);
});
