import { fireEvent, render, screen, waitFor } from '@testing-library/react';
import { MemoryRouter } from 'react-router';
import { beforeEach, describe, expect, test } from 'vitest';
import type { ServerInfo } from '../api/types';
import { SessionStore } from '../app/session';
import { aPerson, aServer } from '../testing/fixtures';
import { fakeServer, type FakeServer } from '../testing/server';
import '../testing/stage';
import { IDLE_PHONE, type PhoneCall, type PhoneState } from '../phone/state';
import { levelShare } from './call/LevelMeter';
import { actionOf } from './console/keys';
import { phoneHint } from './console/PhoneHint';
import { setState } from './training/Handset';
import { SignInPage } from './signin/SignInPage';

const SIGN_IN = 'POST /api/auth/sign-in';

let server: FakeServer;
let session: SessionStore;
beforeEach(async () => {
  server = fakeServer().on('GET /api/server', aServer()).refuse('GET /api/auth/me', 'not_signed_in', 401);
  session = new SessionStore();
  await session.restore();
});

const show = (over: Partial<ServerInfo> = {}, expired = false): void =>
  void render(<SignInPage session={session} server={aServer(over)} expired={expired} />, { wrapper: MemoryRouter });
const fill = (username: string, password: string): void => {
  fireEvent.change(screen.getByTestId('login-user'), { target: { value: username } });
  fireEvent.change(screen.getByTestId('login-pass'), { target: { value: password } });
  fireEvent.click(screen.getByTestId('login-submit'));
};

test('a wrong password is said in words, and can be tried again', async () => {
  server.refuse(SIGN_IN, 'wrong_credentials', 401);
  show();
  fill(' agent1 ', 'wrong');
  expect((await screen.findByRole('alert')).textContent).toContain('用户名或密码不对');
  expect(server.bodyOf(SIGN_IN)).toEqual({ username: 'agent1', password: 'wrong' });

  server.on(SIGN_IN, aPerson());
  await waitFor(() => expect(screen.getByTestId<HTMLInputElement>('login-user').disabled).toBe(false));
  fill('agent1', 'right');
  await waitFor(() => expect(session.get().status).toBe('signed-in'));
});

test('too many attempts are said to be too many', async () => {
  server.refuse(SIGN_IN, 'too_many_attempts', 429);
  show();
  fill('agent1', 'wrong');
  expect(await screen.findByText('尝试次数过多，请稍后再试')).toBeTruthy();
});

test('empty fields are asked for, and nothing is sent', async () => {
  show();
  fill('', '');
  expect(await screen.findByText('请输入用户名')).toBeTruthy();
  expect(await screen.findByText('请输入密码')).toBeTruthy();
  expect(server.routes()).not.toContain(SIGN_IN);
});

test('a sign-in that has expired says so, and that nothing was lost', () => {
  show({}, true);
  expect(screen.getByText(/登录已失效/).textContent).toContain('未保存的记录仍保留');
});

test('a demo login is one click', async () => {
  server.on(SIGN_IN, aPerson());
  show({ mode: 'demo', demo_logins: [{ username: 'demo', password: 'p', name: '小李', role: 'agent' }] });
  fireEvent.click(screen.getByTestId('demo-login-demo'));
  await waitFor(() => expect(session.get().status).toBe('signed-in'));
  expect(server.bodyOf(SIGN_IN)).toEqual({ username: 'demo', password: 'p' });
});

test('in production there is neither a demo login nor a training telephone', () => {
  show({ mode: 'production' });
  expect(screen.queryByText('打开模拟话机')).toBeNull();
  expect(screen.queryByTestId(/^demo-login-/)).toBeNull();
});

describe('the keyboard', () => {
  const key = (name: string, held: Partial<KeyboardEvent> = {}) =>
    actionOf({ key: name, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...held });

  test.each([
    ['F2', 'answer'],
    ['F4', 'hang-up'],
    ['F6', 'mute'],
    ['F7', 'hold'],
  ])('%s is %s, alone only', (name, action) => {
    expect(key(name)).toBe(action);
    for (const held of ['ctrlKey', 'metaKey', 'altKey', 'shiftKey'] as const)
      expect(key(name, { [held]: true })).toBeNull();
  });

  test('Ctrl K searches, also with capitals locked and on a Mac', () => {
    expect(key('k', { ctrlKey: true })).toBe('search');
    expect(key('K', { metaKey: true })).toBe('search');
    expect(key('k')).toBeNull();
    expect(key('k', { ctrlKey: true, shiftKey: true })).toBeNull();
  });

  test('Escape and typing are the browser’s business: neither ends a call', () => {
    for (const name of ['Escape', 'Enter', 'a', 'F5']) expect(key(name)).toBeNull();
  });
});

describe('what keeps the telephone from working', () => {
  const hint = (over: Partial<PhoneState>) => phoneHint({ ...IDLE_PHONE, registration: 'registered', ...over });

  test('is the microphone before the line', () => {
    expect(hint({ microphone: 'denied', registration: 'failed' })).toBe('micDenied');
    expect(hint({ microphone: 'missing', registration: 'failed' })).toBe('micMissing');
    expect(hint({ microphone: 'asking', registration: 'connecting' })).toBe('micAsking');
    expect(hint({ microphone: 'granted', registration: 'failed' })).toBe('failed');
  });

  test('is nothing when it works, connects, or is not ours', () => {
    expect(hint({ microphone: 'granted' })).toBeNull();
    expect(hint({ microphone: 'granted', registration: 'unregistered' })).toBeNull();
    expect(hint({ microphone: 'denied', registration: 'elsewhere' })).toBeNull();
    expect(hint({ microphone: 'denied', registration: 'off' })).toBeNull();
  });
});

test('the level fills its bar on a scale of decibels', () => {
  expect(levelShare(0)).toBe(0);
  expect(levelShare(0.001)).toBeCloseTo(0);
  expect(levelShare(10 ** (-30 / 20))).toBeCloseTo(0.5);
  expect(levelShare(1)).toBe(1);
  expect(levelShare(4)).toBe(1);
});

test.each([
  ['talking', 'talking'],
  ['ringing', 'ringing'],
  ['answering', 'connecting'],
  ['dialling', 'connecting'],
] as const)('the training telephone in stage %s says %s, whatever its registration', (stage, shown) => {
  const call = { stage } as PhoneCall;
  expect(setState({ ...IDLE_PHONE, call })).toBe(shown);
});

test('the training telephone is ready only when it is registered', () => {
  expect(setState({ ...IDLE_PHONE, registration: 'registered' })).toBe('idle');
  for (const registration of ['off', 'connecting', 'unregistered', 'failed'] as const)
    expect(setState({ ...IDLE_PHONE, registration })).toBe('notReady');
});

test('where nobody could sign in it is said what to do on the server', () => {
  show({ needs_setup: true });
  expect(screen.getByTestId('needs-setup').textContent).toContain('callcenter setup');
});
