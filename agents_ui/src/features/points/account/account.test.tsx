import { fireEvent, screen } from '@testing-library/react';
import { beforeEach, expect, test } from 'vitest';
import type { PointsAccount, PointsMovement } from '../../../api/types';
import { aPerson, AT, iso } from '../../../testing/fixtures';
import { fakeServer, type FakeServer } from '../../../testing/server';
import { Stage } from '../../../testing/stage';
import { PointsPage } from '../PointsPage';
import { signed, units } from '../units';
import { Account } from './Account';
import { balances, monthEnds, steps } from './balance';
import { PointsCard } from './PointsCard';

const account: PointsAccount = {
  elder_id: 'e1', name: '王桂兰',
  member: {
    id: 'e1', version: 2, state: 'frozen', frozen_why: 'lost', frozen_at: iso(AT), grace_until: null, has_pin: false, joined_at: iso(AT),
  },
  points: { pending: 20, available: 0, reserved: 0, frozen: 1230 },
  coins: { pending: 0, available: 3, reserved: 0, frozen: 0 },
  expiring: [],
  month: { earned: 50, spent: 21 },
}; // prettier-ignore
const movement = (over: Partial<PointsMovement>): PointsMovement => ({
  entry_id: 'm1', at: iso(AT), day: '2026-11-20', kind: 'earn', reverses: null, of: 'earn_daily', pending: false, amount: 1, balance_after: 1230,
  words: '', by: 'points', ...over,
}); // prettier-ignore

let server: FakeServer;
let stage: Stage;
beforeEach(() => {
  server = fakeServer();
  stage = new Stage(aPerson({ permissions: ['points:read', 'elders:search'] }));
});

test('points are whole, coins are half hours', () => {
  expect([0, 7, 1234, -21].map((one) => units(one, 'PT'))).toEqual(['0', '7', '1,234', '−21']);
  expect([0, 1, 2, 3].map((one) => units(one, 'TC'))).toEqual(['0', '0.5', '1', '1.5']);
  expect([5, -5].map((one) => signed(one, 'PT'))).toEqual(['+5', '−5']);
});

const noMonths = (): FakeServer =>
  server.on('GET /api/elders/e1/points/months', { months: [] }).on('GET /api/elders/e1/points/waiting', []);

test('what she has, why it is frozen, and how it came there, page by page', async () => {
  server.on('GET /api/elders/e1/points', account);
  server.on('GET /api/elders/e1/points/family', { members: [] });
  noMonths();
  server.answer('GET /api/elders/e1/points/movements', ({ query }) =>
    Response.json(
      query.includes('cursor=7.3')
        ? { movements: [movement({ entry_id: 'm2', of: 'reserve', amount: -21, balance_after: 9 })], next: null }
        : { movements: [movement({})], next: '7.3' },
    ),
  );
  stage.show(<Account elderId="e1" />);
  const shown = await screen.findByTestId('points-account');
  expect(screen.getByRole('heading', { name: '王桂兰' })).toBeTruthy();
  expect(screen.getByRole('link', { name: '为她兑换商品' }).getAttribute('href')).toBe('/points/goods?elder=e1');
  expect(shown.textContent).toContain('1,230已冻结');
  expect(shown.textContent).toContain('1.5 小时');
  expect(screen.getByTestId('points-frozen').textContent).toContain('挂失');
  expect((await screen.findByTestId('points-movements')).textContent).toContain('报平安');
  fireEvent.click(screen.getByText('更早的'));
  expect(await screen.findByText('抵扣服务费')).toBeTruthy();
  expect(screen.getByText('−21')).toBeTruthy();
});

test('a balance stays what it is until something moves; what is to come is no part of it', () => {
  const dots = balances([
    movement({ at: iso(AT), balance_after: 40 }),
    movement({ at: iso(AT - 1000), balance_after: 500, pending: true }),
    movement({ at: iso(AT - 2000), balance_after: 80 }),
    movement({ at: iso(AT - 4000), balance_after: 0 }),
  ]);
  expect(dots.map((one) => one.balance)).toEqual([0, 80, 40]);
  expect(steps(dots, 100, 80)).toBe('M0 80H50V0H100V40');
  expect(steps([], 100, 80)).toBe('');
});

test('each month is as wide as the others', () => {
  const ends = monthEnds([
    { month: '2026-10-01', closing: 40, change: 40 },
    { month: '2026-11-01', closing: 80, change: 40 },
  ]);
  expect(steps(ends, 100, 80)).toBe('M0 40H50V0H100V0');
  expect(monthEnds([])).toEqual([]);
});

test('the balance over time is told in words too; a single movement is no line', async () => {
  server.on('GET /api/elders/e1/points', account).on('GET /api/elders/e1/points/family', { members: [] });
  noMonths();
  server.on('GET /api/elders/e1/points/movements', {
    movements: [
      movement({ entry_id: 'm2', day: '2026-11-21', balance_after: 1209, amount: -21, of: 'reserve' }),
      movement({ at: iso(AT - 1000) }),
    ],
    next: null,
  });
  stage.show(<Account elderId="e1" />);
  expect(
    await screen.findByRole('img', {
      name: '2026-11-20 到 2026-11-21，余额从 1,230 到 1,209，最低 1,209，最高 1,230',
    }),
  ).toBeTruthy();
});

test('an account of some months is drawn whole, whatever is listed below; and goes out as a letter', async () => {
  server.on('GET /api/elders/e1/points', account).on('GET /api/elders/e1/points/family', { members: [] });
  server.on('GET /api/elders/e1/points/movements', { movements: [movement({})], next: '7.3' });
  server.on('GET /api/elders/e1/points/waiting', []);
  server.on('GET /api/elders/e1/points/months', {
    months: [
      { month: '2026-09-01', closing: 1500, change: 1500 },
      { month: '2026-10-01', closing: 900, change: -600 },
      { month: '2026-11-01', closing: 1230, change: 330 },
    ],
  });
  stage.show(<Account elderId="e1" />);
  expect(
    await screen.findByRole('img', { name: '2026-09 到 2026-11，月末余额从 1,500 到 1,230，最低 900，最高 1,500' }),
  ).toBeTruthy();
  const [first, last] = [screen.getByLabelText('从'), screen.getByLabelText('到')];
  fireEvent.change(first, { target: { value: '2026-10-01' } });
  fireEvent.change(last, { target: { value: '2026-10-31' } });
  expect(screen.getByTestId('points-letter-pdf').getAttribute('href')).toBe(
    '/api/elders/e1/points/letter/pdf?first=2026-10-01&last=2026-10-31',
  );
  fireEvent.change(first, { target: { value: '2025-09-01' } });
  expect(screen.getByTestId('points-letter-csv').className).toContain('disabled');
});

test('the card at the desk has what an agent reads to her', async () => {
  server.on('GET /api/elders/e1/points', { ...account, expiring: [{ on: '2026-12-31', amount: 70 }] });
  server.on('GET /api/elders/e1/points/movements', {
    movements: [movement({ words: '11月20日，报平安得积分，增加1分' })],
    next: null,
  });
  stage.show(<PointsCard elderId="e1" />);
  expect(await screen.findByText('11月20日，报平安得积分，增加1分')).toBeTruthy();
  const shown = screen.getByTestId('points-card').textContent;
  expect(shown).toContain('0 分可用 · 待生效 20 · 时间币 1.5 小时');
  expect(shown).toContain('已冻结 1,230 分：挂失');
  expect(shown).toContain('2026-12-31 到期 70 分');
  expect(screen.getByRole('link', { name: '看账户' }).getAttribute('href')).toBe('/points?elder=e1');
  expect(server.asked.some((one) => one.query.includes('limit=3'))).toBe(true);
});

test('the page begins with looking for somebody', async () => {
  stage.show(<PointsPage />);
  expect(await screen.findByText('查到老人后，可看积分、时间币和每一笔的来去。')).toBeTruthy();
});
