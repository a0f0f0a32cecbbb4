import { fireEvent, screen, waitFor } from '@testing-library/react';
import { beforeEach, describe, expect, test } from 'vitest';
import type { BillPart, BillView, ClaimHead, EntitlementsOfElder, EntitlementView, Sums } from '../../api/types';
import { aPerson, AT, iso } from '../../testing/fixtures';
import { fakeServer, type FakeServer } from '../../testing/server';
import { Stage } from '../../testing/stage';
import { BillParts } from './BillParts';
import { BillsPage } from './BillsPage';
import { EntitlementsTab } from './EntitlementsTab';
import { fenOf, money, netParts, percentOf, usedShare } from './money';

const part = (kind: BillPart['kind'], fen: number, over: Partial<BillPart> = {}): BillPart => ({
  kind, payer: '', entitlement_id: null, fen, why: {}, ...over,
}); // prettier-ignore
const voucher: EntitlementView = {
  id: 'e1', version: 3, kind: 'voucher', payer: '养老服务券', basis: 'share_of_rest', fixed_fen: null, share_bp: 5000, month_cap_fen: 80000,
  job_cap_fen: null, items: [], categories: ['housekeeping'], valid_from: '2026-01-01', valid_to: null, note: '', withdrawn_at: null, counts: true,
  used_fen: 7000, left_fen: 73000,
  changes: [{ at: iso(AT), by: '周敏', kind: 'changed', reason: '', fields: { month_cap_fen: [null, 80000] } }],
}; // prettier-ignore
const ofElder: EntitlementsOfElder = { month: '2026-11-01', entitlements: [voucher], uses: [] };
const bill: BillView = {
  id: 'b1', order_id: 'o1', visit: 1, served_on: '2026-11-20', amount_fen: 14000, agreed_fen: 14000, fee_fen: 0, state: 'made', made_at: iso(AT),
  reversed_at: null, reversed_why: '',
  parts: [
    part('voucher', 7000, { payer: '养老服务券', entitlement_id: 'e1', why: { share_bp: 5000, of_fen: 14000, limit: 'terms' } }),
    part('self_pay', 7000),
  ],
}; // prettier-ignore

let server: FakeServer;
let stage: Stage;
beforeEach(() => {
  server = fakeServer();
  stage = new Stage(aPerson({ role: 'supervisor', permissions: ['bills:read', 'bills:write', 'orders:read'] }));
});

describe('money', () => {
  test('is whole fen, in and out', () => {
    expect([0, 5, -5, 123456, -100].map(money)).toEqual(['¥0.00', '¥0.05', '-¥0.05', '¥1,234.56', '-¥1.00']);
    expect(['12', '12.5', ' ¥1,200.00 ', '0.29'].map(fenOf)).toEqual([1200, 1250, 120000, 29]);
    expect(['', '-1', '1.234', 'abc', '1e9', '12345678'].map(fenOf)).toEqual([null, null, null, null, null, null]);
    expect([5000, 3333].map(percentOf)).toEqual(['50', '33.33']);
  });

  test('what was taken back leaves nothing', () => {
    expect(netParts([part('self_pay', 5), part('points', 3), part('points', -3)])).toEqual([part('self_pay', 5)]);
  });

  test('how much of a month is used', () => {
    expect(usedShare(voucher)).toBe(9);
    expect(usedShare({ used_fen: 5, month_cap_fen: null })).toBeNull();
    expect(usedShare({ used_fen: 5, month_cap_fen: 0 })).toBe(100);
  });
});

describe('the bill of an order', () => {
  test('says who pays what, and why', async () => {
    server.on('GET /api/orders/o1/bills', { bills: [bill], price: null });
    stage.show(<BillParts orderId="o1" mayConfirm={false} />);
    const shown = await screen.findByTestId('bill');
    expect(shown.textContent).toContain('养老服务券 ¥140.00 的 50%¥70.00');
    expect(shown.textContent).toContain('自付 ¥70.00');
    expect(shown.textContent).toContain('合计¥140.00');
  });

  test('before it, who would pay', async () => {
    server.on('GET /api/orders/o1/bills', { bills: [], price: null });
    server.on('GET /api/orders/o1/payers', {
      amount_fen: 4000, parts: [part('self_pay', 4000)], agreed_fen: 4000, dearest_fen: 5000, too_dear: false,
    }); // prettier-ignore
    stage.show(<BillParts orderId="o1" mayConfirm={false} />);
    expect((await screen.findByTestId('bill-preview')).textContent).toContain('预计由谁付');
  });

  test('a high price waits for a reason', async () => {
    const price = { amount_fen: 9000, agreed_fen: 4000, dearest_fen: 5000, tolerance: 20 };
    server.on('GET /api/orders/o1/bills', { bills: [], price });
    server.refuse('GET /api/orders/o1/payers', 'no_access', 403);
    server.on('POST /api/orders/o1/confirm-price', { bills: [bill], price: null });
    stage.show(<BillParts orderId="o1" mayConfirm />);
    const button = await screen.findByTestId<HTMLButtonElement>('price-confirm');
    expect(button.disabled).toBe(true);
    fireEvent.change(screen.getByTestId('price-reason'), { target: { value: '多做了一小时' } });
    fireEvent.click(button);
    await waitFor(() => expect(screen.queryByTestId('price-waits')).toBeNull());
    expect(server.bodyOf('POST /api/orders/o1/confirm-price')).toEqual({ amount_fen: 9000, reason: '多做了一小时' });
  });
});

describe('entitlements', () => {
  test('with what is left, and its history', async () => {
    server.on('GET /api/elders/x/entitlements', ofElder);
    stage.show(<EntitlementsTab elderId="x" mayWrite={false} />);
    const shown = await screen.findByTestId('entitlements');
    expect(shown.textContent).toContain('前面付完后余额的 50% · 家政');
    expect(shown.textContent).toContain('本月还剩 ¥730.00（已用 ¥70.00，共 ¥800.00）');
    expect(shown.textContent).toContain('修改：每月最多（元）');
    expect(screen.queryByTestId('entitlement-add')).toBeNull();
  });

  test('one is added, in fen and hundredths of a percent', async () => {
    server.on('GET /api/elders/x/entitlements', { ...ofElder, entitlements: [] });
    server.on('POST /api/elders/x/entitlements', ofElder);
    stage.show(<EntitlementsTab elderId="x" mayWrite />);
    fireEvent.click(await screen.findByTestId('entitlement-add'));
    fireEvent.change(await screen.findByTestId('entitlement-payer'), { target: { value: '养老服务券' } });
    fireEvent.change(screen.getByTestId('entitlement-amount'), { target: { value: '120' } });
    fireEvent.change(screen.getByTestId('entitlement-month'), { target: { value: '800' } });
    fireEvent.click(screen.getByTestId('entitlement-save'));
    expect(await screen.findByText('请填正确的数字，最多两位小数')).toBeTruthy();
    fireEvent.change(screen.getByTestId('entitlement-amount'), { target: { value: '50' } });
    fireEvent.click(screen.getByTestId('entitlement-save'));
    await waitFor(() =>
      expect(server.bodyOf('POST /api/elders/x/entitlements')).toMatchObject({
        kind: 'voucher', payer: '养老服务券', basis: 'share_of_rest', fixed_fen: null, share_bp: 5000, month_cap_fen: 80000, valid_to: null,
      }),
    ); // prettier-ignore
  });
});

test('the page of bills: what payers are asked for, what stores earn', async () => {
  const head: ClaimHead = {
    id: null, version: 0, kind: 'voucher', payer: '养老服务券', month: '2026-10-01', state: 'open', lines: 2, total_fen: 9000, refused_fen: 0,
    paid_fen: null, closed_at: null, closed_by: '', sent_at: null, paid_at: null, may_close: true,
  }; // prettier-ignore
  const sums: Sums = {
    orders: 2, amount_fen: 18000, by_kind: { voucher: 9000, self_pay: 9000 }, at_door_fen: 9000, from_centre_fen: 9000, fee_fen: 0,
    net_fen: 18000, transfer_fen: 9000,
  }; // prettier-ignore
  server.on('GET /api/claims', [head]);
  const stores = [{ store_id: 's1', store_code: 'S0001', store: '张姐家政', sums }];
  server.on('GET /api/store-statements', { month: '2026-10-01', stores, sums });
  stage.show(<BillsPage />);
  expect((await screen.findByTestId('claims')).textContent).toContain('养老服务券 服务券未锁定2¥90.00');
  fireEvent.click(screen.getByText('服务商对账单'));
  expect((await screen.findByTestId('statements')).textContent).toContain(
    '张姐家政 S00012¥180.00¥90.00¥90.00¥0.00¥90.00',
  );
});
