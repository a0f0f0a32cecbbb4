import { fireEvent, render, screen, waitFor } from '@testing-library/react';
import { MemoryRouter } from 'react-router';
import { beforeEach, expect, test } from 'vitest';
import { SessionStore } from '../../app/session';
import { aPerson, aServer } from '../../testing/fixtures';
import { fakeServer, type FakeServer } from '../../testing/server';
import '../../testing/stage';
import { SettlePage } from '../account/SettlePage';
import { SignInPage } from './SignInPage';

const SIGN_IN = 'POST /api/auth/sign-in';
const SECOND = 'POST /api/auth/second-step';
let server: FakeServer;
let session: SessionStore;

beforeEach(async () => {
  server = fakeServer().on('GET /api/server', aServer()).refuse('GET /api/auth/me', 'not_signed_in', 401);
  session = new SessionStore();
  await session.restore();
});

async function comeToTheCode(): Promise<void> {
  server.on(SIGN_IN, { step: 'the-step', seconds: 300 }, 202);
  render(
    <MemoryRouter>
      <SignInPage session={session} server={aServer()} expired={false} />
    </MemoryRouter>,
  );
  fireEvent.change(screen.getByTestId('login-user'), { target: { value: 'admin1' } });
  fireEvent.change(screen.getByTestId('login-pass'), { target: { value: 'p' } });
  fireEvent.click(screen.getByTestId('login-submit'));
  await screen.findByTestId('login-code');
}
function enter(code: string): void {
  fireEvent.change(screen.getByTestId('login-code'), { target: { value: code } });
  fireEvent.click(screen.getByTestId('login-code-submit'));
}

test('a right password with a second factor signs nobody in before the code', async () => {
  await comeToTheCode();
  expect(session.get().status).toBe('signed-out');
  expect(screen.queryByTestId('login-pass')).toBeNull();
  server.on(SECOND, aPerson());
  enter('123456');
  await waitFor(() => expect(session.get().status).toBe('signed-in'));
  expect(server.bodyOf(SECOND)).toEqual({ step: 'the-step', code: '123456' });
});

test('a wrong code can be tried again, the field is empty for it', async () => {
  await comeToTheCode();
  server.refuse(SECOND, 'wrong_code', 401);
  enter('000000');
  expect(await screen.findByText(/验证码不对/)).toBeTruthy();
  expect(screen.getByTestId<HTMLInputElement>('login-code').value).toBe('');
  expect(session.get().status).toBe('signed-out');
});

test('when the time is over it begins with the password again, and says why', async () => {
  await comeToTheCode();
  server.refuse(SECOND, 'step_ended', 401);
  enter('123456');
  expect(await screen.findByText(/时间已过/)).toBeTruthy();
  expect(screen.getByTestId('login-pass')).toBeTruthy();
});

test('too short a code is not sent', async () => {
  await comeToTheCode();
  enter('123');
  expect(await screen.findByText('请输入六位验证码或一个恢复码')).toBeTruthy();
  expect(server.routes()).not.toContain(SECOND);
});

test('a password that somebody gave is changed before the console opens', async () => {
  const me = aPerson({ owes: ['password'] });
  server.on(SIGN_IN, me);
  await session.signIn('agent1', 'p');
  server.on('POST /api/account/password', { ended: 0 }).on('GET /api/auth/me', aPerson());
  render(<SettlePage session={session} me={me} server={aServer()} />);
  fireEvent.change(screen.getByTestId('password-old'), { target: { value: 'given-one' } });
  fireEvent.change(screen.getByTestId('password-new'), { target: { value: 'kaifeng-2024-hua' } });
  fireEvent.change(screen.getByTestId('password-again'), { target: { value: 'kaifeng-2024' } });
  fireEvent.click(screen.getByTestId('password-save'));
  expect(await screen.findByText('两次输入不一样')).toBeTruthy();
  expect(server.routes()).not.toContain('POST /api/account/password');
  fireEvent.change(screen.getByTestId('password-again'), { target: { value: 'kaifeng-2024-hua' } });
  fireEvent.click(screen.getByTestId('password-save'));
  await waitFor(() => {
    const state = session.get();
    expect(state.status === 'signed-in' && state.me.owes).toEqual([]);
  });
  expect(server.bodyOf('POST /api/account/password')).toEqual({ old: 'given-one', new: 'kaifeng-2024-hua' });
});
