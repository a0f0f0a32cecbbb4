// @vitest-environment node
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { api, unwrap } from '../api/client';
import { aPerson, aServer } from '../testing/fixtures';
import { fakeServer, type FakeServer } from '../testing/server';
import { may, SessionStore } from './session';

let server: FakeServer;
let session: SessionStore;
beforeEach(() => {
  server = fakeServer()
    .on('GET /api/server', aServer())
    .on('GET /api/auth/me', aPerson())
    .on('POST /api/auth/sign-in', aPerson({ csrf: 'fresh' }))
    .on('POST /api/auth/sign-out', null, 204)
    .on('POST /api/phone', {});
  session = new SessionStore();
});

const csrfSent = async (): Promise<string | null> => {
  await unwrap(api.POST('/api/phone'));
  return server.asked.at(-1)?.headers.get('X-CSRF-Token') ?? null;
};

describe('opening the page', () => {
  test('with a session that lives, one is signed in, and what changes something carries the token', async () => {
    await session.restore();
    expect(session.get()).toMatchObject({ status: 'signed-in', me: { id: 'agent-me' } });
    expect(await csrfSent()).toBe('token');
  });

  test('without one it is the sign-in, and nothing is said to have expired', async () => {
    server.refuse('GET /api/auth/me', 'not_signed_in', 401);
    await session.restore();
    expect(session.get()).toMatchObject({ status: 'signed-out', expired: false });
  });

  test.each([
    ['nobody answers', () => server.silent('GET /api/server')],
    ['the server has no database', () => server.refuse('GET /api/auth/me', 'database_away', 503)],
  ])('when %s it is unreachable, not signed out, and can be tried again', async (_, break_) => {
    break_();
    await session.restore();
    expect(session.get().status).toBe('unreachable');
    server.on('GET /api/server', aServer()).on('GET /api/auth/me', aPerson());
    await session.restore();
    expect(session.get().status).toBe('signed-in');
  });
});

describe('signing in', () => {
  beforeEach(async () => {
    server.refuse('GET /api/auth/me', 'not_signed_in', 401);
    await session.restore();
  });

  test('with the right password takes the new token', async () => {
    await session.signIn('agent1', 'secret');
    expect(session.get().status).toBe('signed-in');
    expect(server.bodyOf('POST /api/auth/sign-in')).toEqual({ username: 'agent1', password: 'secret' });
    expect(await csrfSent()).toBe('fresh');
  });

  test('with a wrong one throws its code and stays', async () => {
    server.refuse('POST /api/auth/sign-in', 'wrong_credentials', 401);
    await expect(session.signIn('agent1', 'wrong')).rejects.toMatchObject({ code: 'wrong_credentials' });
    expect(session.get()).toMatchObject({ status: 'signed-out', expired: false });
  });
});

describe('ending', () => {
  beforeEach(() => session.restore());

  test('by signing out', async () => {
    await session.signOut();
    expect(session.get()).toMatchObject({ status: 'signed-out', expired: false });
    expect(await csrfSent()).toBe('');
  });

  test('signing out without a network fails, and one stays signed in', async () => {
    server.silent('POST /api/auth/sign-out');
    vi.useFakeTimers();
    const failed = expect(session.signOut()).rejects.toThrow();
    await vi.runAllTimersAsync();
    vi.useRealTimers();
    await failed;
    expect(session.get().status).toBe('signed-in');
  });

  test('signing out of a session that has ended is signing out', async () => {
    server.refuse('POST /api/auth/sign-out', 'not_signed_in', 401);
    await session.signOut();
    expect(session.get()).toMatchObject({ status: 'signed-out', expired: false });
  });

  test('by a 401 to anything: the sign-in says that it has expired', async () => {
    server.refuse('POST /api/phone', 'session_ended', 401);
    await expect(unwrap(api.POST('/api/phone'))).rejects.toMatchObject({ code: 'session_ended' });
    expect(session.get()).toMatchObject({ status: 'signed-out', expired: true });
  });

  test('expired twice is expired once', async () => {
    session.expire();
    const then = session.get();
    session.expire();
    expect(session.get()).toBe(then);
  });
});

test('what one may do is what the server says', () => {
  const me = aPerson({ permissions: ['calls:see'] });
  expect(may(me, 'calls:see')).toBe(true);
  expect(may(me, 'calls:take')).toBe(false);
});
