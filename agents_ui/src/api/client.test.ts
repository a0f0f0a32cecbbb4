// @vitest-environment node
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ACCOUNT } from '../testing/fake-line';
import { fakeServer, type FakeServer } from '../testing/server';
import { api, setCsrf, unwrap, whenSignedOut } from './client';

let server: FakeServer;
beforeEach(() => {
  vi.useFakeTimers();
  server = fakeServer();
  setCsrf('token');
});
afterEach(() => {
  whenSignedOut(() => undefined);
  vi.useRealTimers();
});

const phone = (): Promise<unknown> => unwrap(api.POST('/api/phone'));
const options = (): Promise<unknown> => unwrap(api.GET('/api/options'));

describe('a request that changes something', () => {
  test('carries the token and a key of its own', async () => {
    server.on('POST /api/phone', ACCOUNT);
    await phone();
    await phone();
    const keys = server.asked.map((one) => one.headers.get('Idempotency-Key'));
    expect(server.asked[0]?.headers.get('X-CSRF-Token')).toBe('token');
    expect(keys[0]).toBeTruthy();
    expect(keys[0]).not.toBe(keys[1]);
  });

  test('that nobody answered is sent once more, with the same key and the same words', async () => {
    let first = true;
    server.answer('POST /api/cases/c1/notes', () => {
      if (!first) return Response.json({ id: 'c1' });
      first = false;
      return Promise.reject(new TypeError('Failed to fetch'));
    });
    const saved = unwrap(
      api.POST('/api/cases/{case_id}/notes', { params: { path: { case_id: 'c1' } }, body: { text: '跌倒' } }),
    );
    await vi.advanceTimersByTimeAsync(400);
    expect(await saved).toEqual({ id: 'c1' });
    const [one, two] = server.asked;
    expect(two?.headers.get('Idempotency-Key')).toBe(one?.headers.get('Idempotency-Key'));
    expect(two?.body).toEqual({ text: '跌倒' });
  });

  test('that stays unanswered is given up after the second time', async () => {
    server.silent('POST /api/phone');
    const failed = expect(phone()).rejects.toThrow(TypeError);
    await vi.runAllTimersAsync();
    await failed;
    expect(server.asked).toHaveLength(2);
  });

  test('that was refused is not sent again', async () => {
    server.refuse('POST /api/phone', 'voice_away', 503);
    await expect(phone()).rejects.toMatchObject({ code: 'voice_away', status: 503 });
    expect(server.asked).toHaveLength(1);
  });
});

test('a question has neither token nor key, and is not repeated here', async () => {
  server.silent('GET /api/options');
  await expect(options()).rejects.toThrow(TypeError);
  expect(server.asked).toHaveLength(1);
  expect(server.asked[0]?.headers.get('X-CSRF-Token')).toBeNull();
  expect(server.asked[0]?.headers.get('Idempotency-Key')).toBeNull();
});

test('an empty answer is a good answer', async () => {
  server.on('POST /api/auth/sign-out', null, 204);
  await unwrap(api.POST('/api/auth/sign-out'));
  expect(server.asked).toHaveLength(1);
});

test('a page of a proxy is an error, told by its status', async () => {
  server.answer('GET /api/options', () => new Response('<html>bad gateway</html>', { status: 502 }));
  await expect(options()).rejects.toMatchObject({ code: 'unavailable' });
});

test('a 401 says that the session has ended, except to the sign-in itself', async () => {
  const ended = vi.fn();
  whenSignedOut(ended);
  server.refuse('POST /api/auth/sign-in', 'wrong_credentials', 401).refuse('GET /api/options', 'session_ended', 401);
  const signIn = api.POST('/api/auth/sign-in', { body: { username: 'a', password: 'b' } });
  await expect(unwrap(signIn)).rejects.toMatchObject({ code: 'wrong_credentials' });
  expect(ended).not.toHaveBeenCalled();
  await expect(options()).rejects.toMatchObject({ code: 'session_ended' });
  expect(ended).toHaveBeenCalledTimes(1);
});
