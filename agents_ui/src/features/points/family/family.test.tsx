import { fireEvent, screen, waitFor } from '@testing-library/react';
import { beforeEach, expect, test } from 'vitest';
import type { FamilyMember, PointsAccount, PointsApproval } from '../../../api/types';
import { aPerson, AT, iso } from '../../../testing/fixtures';
import { fakeServer, type FakeServer } from '../../../testing/server';
import { Stage } from '../../../testing/stage';
import { Family } from './Family';

const account = (over: Partial<NonNullable<PointsAccount['member']>> = {}): PointsAccount => ({
  elder_id: 'e1', name: '王桂兰',
  member: {
    id: 'e1', version: 2, state: 'active', frozen_why: null, frozen_at: null, grace_until: null, has_pin: false, joined_at: iso(AT), ...over,
  },
  points: { pending: 0, available: 8000, reserved: 0, frozen: 0 },
  coins: { pending: 0, available: 0, reserved: 0, frozen: 0 },
  expiring: [], month: { earned: 0, spent: 0 },
}); // prettier-ignore
const stay = (id: string, name: string): FamilyMember => ({
  member_id: id, name, proof: 'marriage', verified_by: '周敏', joined_at: iso(AT), left_at: null, left_why: null,
}); // prettier-ignore
const waits: PointsApproval = {
  id: 'a1', deed: 'donation', state: 'asked', member_id: 'e1', name: '王桂兰', to_id: null, to_name: '', amount: 6000, reason: '', asked_at: iso(AT),
  asked_by: '周敏', expires_at: iso(AT), mine: true,
}; // prettier-ignore

let server: FakeServer;
let stage: Stage;
beforeEach(() => {
  server = fakeServer();
  stage = new Stage(aPerson({ permissions: ['points:read', 'points:work', 'elders:search'] }));
});

test('a gift inside the family has an id of its own; what is left under the cap is said', async () => {
  server.on('GET /api/elders/e1/points/family', { members: [stay('e1', '王桂兰'), stay('e2', '李建国')] });
  server.on('GET /api/elders/e1/points/waiting', []);
  server.answer('POST /api/elders/e1/points/gifts', () =>
    Response.json({ error: { code: 'gift_month', message: '', details: { most: 2000, left: 500 } } }, { status: 409 }),
  );
  stage.show(<Family account={account()} />);
  fireEvent.click(await screen.findByTestId('family-give'));
  fireEvent.change(await screen.findByLabelText('多少积分（最多 8,000）'), { target: { value: '700' } });
  const [, done] = screen.getAllByRole('button', { name: '赠送家人' });
  if (done !== undefined) fireEvent.click(done); // the dialog's; the other one has opened it
  expect(await screen.findByText('超过每月赠送上限，本月还能赠 500 分')).toBeTruthy();
  const sent = server.bodyOf('POST /api/elders/e1/points/gifts') as { id: string; to_id: string; amount: number };
  expect([sent.to_id, sent.amount, sent.id.length]).toEqual(['e2', 700, 36]);
});

test('what waits for a second person stands below; nobody of a family of one gives', async () => {
  server.on('GET /api/elders/e1/points/family', { members: [] }).on('GET /api/elders/e1/points/waiting', [waits]);
  stage.show(<Family account={account()} />);
  expect((await screen.findByTestId('points-waiting')).textContent).toContain('捐给公益池 6,000');
  expect(screen.getByTestId('family-join')).toBeTruthy();
  expect(screen.queryByTestId('family-give')).toBeNull();
});

test('after a death an heir is named with what shows it, and nothing else can be done', async () => {
  server.on('GET /api/elders/e1/points/family', { members: [stay('e1', '王桂兰'), stay('e2', '李建国')] });
  server.on('GET /api/elders/e1/points/waiting', []).on('POST /api/elders/e1/points/inheritance', account());
  const dead = account({ state: 'frozen', frozen_why: 'death', frozen_at: '2026-01-01T00:00:00Z' });
  stage.show(<Family account={dead} />);
  fireEvent.click(await screen.findByTestId('family-claim'));
  expect(await screen.findByText(/2026-06-30 以前没有人申请/)).toBeTruthy();
  expect(screen.queryByTestId('family-donate')).toBeNull();
  fireEvent.mouseDown(screen.getByRole('combobox', { name: '继承人' }));
  fireEvent.click(await screen.findByTitle('李建国'));
  fireEvent.change(screen.getByLabelText('看过哪些证明，谁带来的'), { target: { value: '户口簿，儿子带来' } });
  fireEvent.click(screen.getByText('提交，等第二人批准'));
  await waitFor(() =>
    expect(server.bodyOf('POST /api/elders/e1/points/inheritance')).toMatchObject({
      heir_id: 'e2',
      reason: '户口簿，儿子带来',
    }),
  );
});
