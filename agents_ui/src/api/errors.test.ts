// @vitest-environment node
import { describe, expect, test } from 'vitest';
import { ApiError, asApiError, toApiError } from './errors';

describe('an answer that is not what was asked for', () => {
  test('keeps the code, the message and the details of the server', () => {
    const error = toApiError({ error: { code: 'illegal_move', message: 'no', details: { state: 'ended' } } }, 409);
    expect(error).toMatchObject({ code: 'illegal_move', status: 409, message: 'no', details: { state: 'ended' } });
  });

  test('may lack message and details', () => {
    expect(toApiError({ error: { code: 'csrf' } }, 403)).toMatchObject({ message: 'csrf', details: {} });
    expect(toApiError({ error: { code: 'csrf', message: 7, details: 'x' } }, 403)).toMatchObject({
      message: 'csrf',
      details: {},
    });
  });

  test.each([
    [400, 'bad_request'],
    [401, 'not_signed_in'],
    [403, 'forbidden'],
    [404, 'not_found'],
    [409, 'conflict'],
    [413, 'too_large'],
    [422, 'invalid'],
    [429, 'too_many_attempts'],
    [500, 'server_error'],
    [501, 'server_error'],
    [502, 'unavailable'],
    [503, 'unavailable'],
    [504, 'unavailable'],
  ])('of somebody else (a proxy) is told by its status %i: %s', (status, code) => {
    for (const body of ['<html>', null, undefined, {}, { error: 'x' }, { error: { code: 7 } }, { detail: [] }])
      expect(toApiError(body, status)).toMatchObject({ code, status });
  });
});

describe('anything thrown', () => {
  test('an ApiError stays itself', () => {
    const error = new ApiError('x', 400, 'x');
    expect(asApiError(error)).toBe(error);
  });

  test('a TypeError of fetch means that nobody answered', () => {
    expect(asApiError(new TypeError('Failed to fetch'))).toMatchObject({ code: 'network', status: 0 });
  });

  test('the rest is unexpected, and keeps its words', () => {
    expect(asApiError(new RangeError('odd'))).toMatchObject({ code: 'unexpected', message: 'odd' });
    expect(asApiError('words')).toMatchObject({ code: 'unexpected', message: 'words' });
  });
});
