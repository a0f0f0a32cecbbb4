import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { App } from 'antd';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Account, SessionView } from '../../api/types';
import { aPerson } from '../../testing/fixtures';
import { fakeServer, type FakeServer } from '../../testing/server';
import { Stage } from '../../testing/stage';
import { AccountPage } from './AccountPage';
import { browserName } from './browser';

const AT = '2026-07-10T04:00:00Z';
const account = (totp: Partial<Account['totp']> = {}): Account => ({
  id: 'me',
  username: 'supervisor1',
  name: '黄志强',
  role: 'supervisor',
  dialects: ['襄阳话'],
  regions: ['樊城区'],
  owes: [],
  totp: { since: null, recovery_codes_left: 0, required: false, ...totp },
  min_password: 10,
});
const aSession = (over: Partial<SessionView>): SessionView => ({
  id: 's1',
  browser: 'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/126.0 Safari/537.36',
  address: '10.0.0.7',
  since: AT,
  seen_at: AT,
  current: false,
  ...over,
});
let server: FakeServer;

function show(totp: Partial<Account['totp']> = {}): void {
  server.on('GET /api/account', account(totp));
  new Stage(aPerson({ role: 'supervisor' })).show(
    <App>
      <AccountPage />
    </App>,
  );
}

beforeEach(() => {
  server = fakeServer().on('GET /api/account/sessions', [aSession({ id: 's0', current: true }), aSession({})]);
});

test('it says who one is and for which regions', async () => {
  show();
  expect(await screen.findByText('樊城区')).toBeTruthy();
  expect(screen.getByText('supervisor1')).toBeTruthy();
});

test('another session is ended after a second thought, this one is not offered', async () => {
  show();
  const list = await screen.findByTestId('sessions');
  expect(await within(list).findByText('正在使用')).toBeTruthy();
  expect(screen.queryByTestId('end-s0')).toBeNull();
  server.on('POST /api/account/sessions/s1/end', null, 204);
  fireEvent.click(screen.getByTestId('end-s1'));
  expect(server.routes()).not.toContain('POST /api/account/sessions/s1/end');
  const sure = await screen.findByText('让那里退出登录？');
  const ok = sure.closest('.ant-popover')?.querySelector('.ant-btn-primary');
  fireEvent.click(ok as Element);
  await waitFor(() => expect(server.routes()).toContain('POST /api/account/sessions/s1/end'));
});

test('codes: password, then QR and first code, then the recovery codes', async () => {
  show();
  fireEvent.click(await screen.findByTestId('totp-setup'));
  server
    .on('POST /api/account/totp', { secret: 'ABCDEFGH', uri: 'otpauth://totp/x?secret=ABCDEFGH' })
    .on('POST /api/account/totp/confirm', { codes: ['aaaaa-bbbbb', 'ccccc-ddddd'] });
  fireEvent.change(await screen.findByTestId('totp-password'), { target: { value: 'p' } });
  fireEvent.click(screen.getByTestId('totp-begin'));
  expect((await screen.findByTestId('totp-secret')).textContent).toContain('ABCDEFGH');
  expect(screen.getByRole('img', { name: /二维码/ }).querySelector('svg')).toBeTruthy();
  fireEvent.change(screen.getByTestId('totp-code'), { target: { value: '123456' } });
  fireEvent.click(screen.getByTestId('totp-confirm'));
  expect(await screen.findByText('aaaaa-bbbbb')).toBeTruthy();
});

test('where the role needs codes they cannot be turned off, and it says why', async () => {
  show({ since: AT, recovery_codes_left: 2, required: true });
  expect((await screen.findByTestId<HTMLButtonElement>('totp-remove')).disabled).toBe(true);
  expect(screen.getByText(/请另一位管理员重置/)).toBeTruthy();
  expect(screen.getByText('还有 2 个恢复码没用过').className).toBe('account-few');
});

describe('a browser in words', () => {
  test.each([
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0',
      'Edge · Windows',
    ],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/605.1 Version/17 Safari/605.1', 'Safari · macOS'],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0', 'Firefox · Linux'],
    ['python-httpx/0.28', 'python-httpx/0.28'],
    ['', '–'],
  ])('%s', (agent, name) => expect(browserName(agent)).toBe(name));
});
