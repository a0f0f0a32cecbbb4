import { describe, expect, test } from 'vitest';
import { ApiError } from '../../api/errors';
import { aProfile } from './fixtures';
import { changedFields, EMPTY, faultyFields, formFieldOf, fromProfile, rebased, toEdit, toNew } from './profile-form';

const before = fromProfile(aProfile());

describe('what goes to the server', () => {
  test('nothing, when nothing was changed', () => {
    expect(toEdit(before, fromProfile(aProfile()), 3)).toEqual({ version: 3 });
  });

  test('the changed fields alone, empty ones as nothing known', () => {
    const now = { ...before, dialect: '河南话', card_number: ' ', floor: '', has_lift: 'yes' as const, birth_date: '' };
    expect(toEdit(before, now, 3)).toEqual({
      version: 3,
      dialect: '河南话',
      card_number: null,
      floor: null,
      has_lift: true,
      birth_date: null,
    });
  });

  test('the ID number only when it was typed, or deleted on purpose', () => {
    expect(toEdit(before, { ...before, id_number: ' 420606195002289023 ' }, 1)).toEqual({
      version: 1,
      id_number: '420606195002289023',
    });
    expect(toEdit(before, { ...before, id_cleared: true }, 1)).toEqual({ version: 1, id_number: null });
    expect(toEdit(before, { ...before, id_cleared: true, id_number: '1' }, 1)).toEqual({ version: 1, id_number: '1' });
  });

  test('lists whole, with the ids of those that stay', () => {
    const numbers = [...before.numbers].reverse();
    numbers.splice(1, 0, { id: null, number: '13800000000', label: '' });
    const now = { ...before, numbers };
    expect(toEdit(before, now, 1).numbers?.map((one) => one.id)).toEqual(['n2', null, 'n1']);
    const contacts = before.contacts.map((one) => ({ ...one, valid_to: '2026-01-01' }));
    expect(toEdit(before, { ...before, contacts }, 1).contacts?.[0]).toMatchObject({
      id: 'c1',
      valid_to: '2026-01-01',
      valid_from: null,
    });
  });

  test('health without a word is no health', () => {
    expect(toEdit(before, { ...before, health: EMPTY.health }, 1)).toEqual({ version: 1, health: null });
  });

  test('a new profile has no ids and its numbers bare', () => {
    const made = toNew({ ...EMPTY, name: '李', community_id: 'x', numbers: before.numbers, contacts: before.contacts });
    expect(made.numbers).toEqual(['0710-345 6789', '138 0000 6789']);
    expect(made.contacts?.[0]).not.toHaveProperty('id');
    expect(made).toMatchObject({ name: '李', birth_date: null, grid_id: null, health: null });
    expect(made).not.toHaveProperty('id_cleared');
  });
});

describe('when somebody was quicker', () => {
  const fresh = fromProfile(aProfile({ dialect: '普通话', entrance_hint: '从北门进', version: 4 }));

  test('what she changed comes in, what was typed stays', () => {
    const typed = { ...before, preferred_hospital: '市中心医院' };
    const { values, conflicts } = rebased(before, typed, fresh);
    expect(values).toMatchObject({ dialect: '普通话', entrance_hint: '从北门进', preferred_hospital: '市中心医院' });
    expect(conflicts).toEqual([]);
    expect(toEdit(fresh, values, 4)).toEqual({ version: 4, preferred_hospital: '市中心医院' });
  });

  test('what both changed keeps our words and is named', () => {
    const { values, conflicts } = rebased(before, { ...before, dialect: '河南话', entrance_hint: '从北门进' }, fresh);
    expect(values.dialect).toBe('河南话');
    expect(conflicts).toEqual(['dialect']);
  });
});

describe('where a fault is shown', () => {
  test.each([
    [{ field: 'numbers.1.number' }, [['numbers', 1, 'number']]],
    [{ field: 'numbers.1' }, [['numbers', 1, 'number']]],
    [{ field: 'id_number' }, [['id_number']]],
    [{ fields: [{ field: 'health.notes' }, { field: 'name' }, {}] }, [['health', 'notes'], ['name']]],
    [{}, []],
  ])('%o', (details, paths) => {
    const error = new ApiError('number_invalid', 422, '', details);
    expect(faultyFields(error).map((one) => one.path)).toEqual(paths);
  });

  test('the history’s names lead to the form’s', () => {
    expect(['health.allergies', 'community', 'dialect', 'presence'].map(formFieldOf)).toEqual([
      'health',
      'community_id',
      'dialect',
      null,
    ]);
  });
});

test('a form filled from a profile has no changes', () => {
  expect(changedFields(before, fromProfile(aProfile({ version: 9, updated_by: '别人' })))).toEqual([]);
});
