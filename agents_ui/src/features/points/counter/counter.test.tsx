import { fireEvent, screen, waitFor } from '@testing-library/react';
import { beforeEach, expect, test } from 'vitest';
import type { CounterRequest, PointsAccount } from '../../../api/types';
import { aPerson, AT, iso } from '../../../testing/fixtures';
import { fakeServer, type FakeServer } from '../../../testing/server';
import { Stage } from '../../../testing/stage';
import { Counter } from './Counter';

const account: PointsAccount = {
  elder_id: 'e1', name: '王桂兰', member: null, points: { pending: 0, available: 800, reserved: 0, frozen: 0 },
  coins: { pending: 0, available: 0, reserved: 0, frozen: 0 }, expiring: [], month: { earned: 0, spent: 0 },
}; // prettier-ignore
const request: CounterRequest = {
  id: 'r1', store_id: 's1', store: '施营便民店', points: 500, state: 'asked', why: '', how: null, made_at: iso(AT), expires_at: iso(AT + 600_000),
}; // prettier-ignore
const CONFIRM = 'POST /api/elders/e1/counter-requests/r1/confirm';

let server: FakeServer;
let stage: Stage;
beforeEach(() => {
  server = fakeServer();
  stage = new Stage(aPerson({ permissions: ['points:read', 'points:work'] }));
});

test('her PIN, as she says it, confirms what the store asks', async () => {
  server.on('GET /api/elders/e1/counter-requests', [request]).on(CONFIRM, []);
  stage.show(<Counter account={account} />);
  const asked = await screen.findByTestId('points-asked');
  expect(asked.textContent).toContain('施营便民店 要收 500 分');
  const button = screen.getByRole('button', { name: '密码对，扣积分' });
  expect(button).toHaveProperty('disabled', true);
  fireEvent.change(screen.getByLabelText('老人说的密码'), { target: { value: '28a46x' } });
  fireEvent.change(screen.getByLabelText('老人说的密码'), { target: { value: '2846' } });
  fireEvent.click(button);
  await waitFor(() => expect(server.asked.some((one) => one.route === CONFIRM)).toBe(true));
  expect(server.asked.find((one) => one.route === CONFIRM)?.body).toEqual({ how: 'pin', pin: '2846', was_she: false });
});

test('a wrong one is said, and is not kept in the field', async () => {
  server.on('GET /api/elders/e1/counter-requests', [request]).refuse(CONFIRM, 'pin_locked', 409);
  stage.show(<Counter account={account} />);
  const field = await screen.findByLabelText('老人说的密码');
  fireEvent.change(field, { target: { value: '1111' } });
  fireEvent.click(screen.getByRole('button', { name: '密码对，扣积分' }));
  expect(await screen.findByText('密码已锁住，请主管解锁')).toBeTruthy();
  expect(field).toHaveProperty('value', '');
});

test('how often she may still try is said', async () => {
  server.on('GET /api/elders/e1/counter-requests', [request]).refuse(CONFIRM, 'pin_wrong', 422, { left: 3 });
  stage.show(<Counter account={account} />);
  fireEvent.change(await screen.findByLabelText('老人说的密码'), { target: { value: '1111' } });
  fireEvent.click(screen.getByRole('button', { name: '密码对，扣积分' }));
  expect(await screen.findByText('密码不对，还能试3次')).toBeTruthy();
});

test('without a PIN the agent calls her back, and says that it was she', async () => {
  server.on('GET /api/elders/e1/counter-requests', [request]).on(CONFIRM, []);
  stage.show(<Counter account={account} />);
  fireEvent.click(await screen.findByRole('button', { name: '已回拨，是本人' }));
  expect(await screen.findByText('接电话的就是王桂兰本人？')).toBeTruthy();
  expect(server.asked.some((one) => one.route === CONFIRM)).toBe(false);
  fireEvent.click(screen.getByRole('button', { name: '是本人，扣积分' }));
  await waitFor(() => expect(server.asked.some((one) => one.route === CONFIRM)).toBe(true));
  expect(server.asked.find((one) => one.route === CONFIRM)?.body).toEqual({ how: 'voice', pin: '', was_she: true });
});

test('nothing is asked', async () => {
  server.on('GET /api/elders/e1/counter-requests', [{ ...request, state: 'confirmed' }]);
  stage.show(<Counter account={account} />);
  expect((await screen.findByTestId('points-counter')).textContent).toContain('现在没有门店请求');
});
