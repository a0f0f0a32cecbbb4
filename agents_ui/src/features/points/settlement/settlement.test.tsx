import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test } from 'vitest';
import type { Settlement, SettlementParty, SettlementPosition } from '../../../api/types';
import { aPerson, AT, iso } from '../../../testing/fixtures';
import { fakeServer, type FakeServer } from '../../../testing/server';
import { Stage } from '../../../testing/stage';
import { SettlementTab } from './SettlementTab';

const centre: SettlementParty = { holder: 'centre', id: null, name: '' };
const shop: SettlementParty = { holder: 'store', id: 's1', name: '施营便民店' };
const bakery: SettlementParty = { holder: 'store', id: 's2', name: '米公面点' };
const position = (over: Partial<SettlementPosition>): SettlementPosition => ({
  party: shop, issued_fen: 20_000, redeemed_fen: 0, fee_fen: 0, net_fen: -20_000, payment: null, ...over,
}); // prettier-ignore
const october = (over: Partial<Settlement> = {}): Settlement => ({
  id: 'm1', month: '2025-10-01', state: 'closed', may_close: false, fee_bp: 200, closed_at: iso(AT), closed_by: '周敏',
  lines: [{ issuer: shop, redeemer: bakery, points: 20_000, fen: 20_000, fee_fen: 400 }],
  positions: [
    position({}),
    position({ party: bakery, issued_fen: 0, redeemed_fen: 20_000, fee_fen: 400, net_fen: 19_600 }),
    position({
      party: centre, issued_fen: 0, fee_fen: -400, net_fen: 400, payment: { paid_on: '2025-11-03', reference: 'K-7', recorded_by: '周敏' },
    }),
  ], ...over,
}); // prettier-ignore
const MONTHS = 'GET /api/points/settlements';
const MONTH = 'GET /api/points/settlements/month';
const PAID = 'POST /api/points/settlements/m1/paid';

let server: FakeServer;
let stage: Stage;
beforeEach(() => {
  server = fakeServer();
  stage = new Stage(aPerson({ role: 'supervisor', permissions: ['points:books', 'points:write'] }));
});

test('who pays and who receives, whose points were spent where, and each one’s statement', async () => {
  server.on(MONTHS, [{ month: '2025-10-01', state: 'closed' }]).on(MONTH, october());
  stage.show(<SettlementTab />);
  const lines = await screen.findAllByTestId('settlement-position');
  expect(lines.map((line) => line.textContent)).toEqual([
    expect.stringContaining('应付 ¥200.00'),
    expect.stringContaining('应收 ¥196.00'),
    expect.stringContaining('2025-11-03 已收付，周敏 登记K-7'),
  ]);
  expect(screen.getByText('服务中心')).toBeTruthy();
  expect(screen.getByTestId('settlement-matrix').textContent).toContain('施营便民店米公面点20,000¥200.00¥4.00');
  expect(server.asked.find((one) => one.route === MONTH)?.query).toBe('?month=2025-10');
  expect(screen.getByRole('link', { name: '施营便民店 对账单 CSV' }).getAttribute('href')).toBe(
    '/api/points/settlements/statement/csv?month=2025-10&holder=store&language=zh&party_id=s1',
  );
  expect(screen.getByRole('link', { name: '服务中心 对账单 PDF' }).getAttribute('href')).toBe(
    '/api/points/settlements/statement/pdf?month=2025-10&holder=centre&language=zh',
  );
  expect(screen.queryByTestId('settlement-close')).toBeNull();
});

test('money is passed on whole, with its day and reference; what is refused is said', async () => {
  server.on(MONTHS, [{ month: '2025-10-01', state: 'closed' }]).on(MONTH, october());
  server.refuse(PAID, 'settlement_paid', 409);
  stage.show(<SettlementTab />);
  fireEvent.click(await screen.findByRole('button', { name: '登记 施营便民店 的收付' }));
  const dialog = await screen.findByRole('dialog');
  expect(dialog.textContent).toContain('应付 ¥200.00');
  const keep = within(dialog).getByRole('button', { name: '登 记' });
  fireEvent.change(within(dialog).getByLabelText('收付日期'), { target: { value: '2025-09-30' } });
  expect(keep).toHaveProperty('disabled', true);
  fireEvent.change(within(dialog).getByLabelText('收付日期'), { target: { value: '2025-11-05' } });
  fireEvent.change(within(dialog).getByLabelText('凭证号（可不填）'), { target: { value: 'K-8' } });
  fireEvent.click(keep);
  expect(await within(dialog).findByText('这一家已登记收付')).toBeTruthy();
  expect(server.bodyOf(PAID)).toEqual({
    holder: 'store', id: 's1', fen: -20_000, paid_on: '2025-11-05', reference: 'K-8',
  }); // prettier-ignore
});

test('a month that is over is closed by whoever may, and is shown as it is then', async () => {
  const open = { id: null, state: 'open', may_close: true, closed_at: null, closed_by: '' } as const;
  server.on(MONTHS, [{ month: '2025-10-01', state: 'open' }]).on(MONTH, october(open));
  server.on('POST /api/points/settlements', october());
  stage.show(<SettlementTab />);
  fireEvent.click(await screen.findByTestId('settlement-close'));
  expect(screen.queryByRole('button', { name: '登记 施营便民店 的收付' })).toBeNull();
  server.on(MONTH, october());
  const sure = await screen.findByRole('tooltip');
  fireEvent.click(within(sure).getByRole('button', { name: '结算这个月' }));
  await waitFor(() => expect(server.bodyOf('POST /api/points/settlements')).toEqual({ month: '2025-10' }));
  expect(await screen.findByText('周敏 于 2026-03-02 结算')).toBeTruthy();
});

test('whoever only reads the books closes nothing and records nothing', async () => {
  stage = new Stage(aPerson({ role: 'supervisor', permissions: ['points:books'] }));
  server.on(MONTHS, [{ month: '2025-10-01', state: 'closed' }]).on(MONTH, october({ may_close: true }));
  stage.show(<SettlementTab />);
  await screen.findAllByTestId('settlement-position');
  expect(screen.queryByTestId('settlement-close')).toBeNull();
  expect(screen.queryByRole('button', { name: '登记 施营便民店 的收付' })).toBeNull();
});

test('nothing was redeemed yet; a list that cannot be read is said', async () => {
  server.on(MONTHS, []);
  stage.show(<SettlementTab />);
  expect(await screen.findByText('还没有积分被使用过，没有可结算的月份。')).toBeTruthy();
  server.refuse(MONTHS, 'settlement_not_found', 404);
  new Stage(aPerson({ permissions: ['points:books'] })).show(<SettlementTab />);
  expect(await screen.findByText('没有这次结算')).toBeTruthy();
});
