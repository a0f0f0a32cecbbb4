import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { useEffect, type ReactNode } from 'react';
import { useLocation, useNavigate } from 'react-router';
import { beforeEach, expect, test } from 'vitest';
import type { GoodsOrder, PointsAccount, PointsGood, PointsPartner } from '../../../api/types';
import { aPerson, AT, iso } from '../../../testing/fixtures';
import { fakeServer, type FakeServer } from '../../../testing/server';
import { Stage } from '../../../testing/stage';
import { GoodsTab } from './GoodsTab';

const good = (over: Partial<PointsGood>): PointsGood => ({
  id: 'g1', version: 3, kind: 'goods', name: '鸡蛋一板', points: 1500, stock: 8, month_limit: 2, active: true, ...over,
}); // prettier-ignore
const partner: PointsPartner = {
  id: 'p1', version: 4, name: '为民超市', active: true,
  goods: [good({}), good({ id: 'g2', name: '洗衣液', stock: 0 }), good({ id: 'g3', name: '雨伞', active: false })],
}; // prettier-ignore
const account: PointsAccount = {
  elder_id: 'e1', name: '王桂兰', member: null, points: { pending: 0, available: 3200, reserved: 0, frozen: 0 },
  coins: { pending: 0, available: 0, reserved: 0, frozen: 0 }, expiring: [], month: { earned: 0, spent: 0 },
}; // prettier-ignore
const order = (over: Partial<GoodsOrder>): GoodsOrder => ({
  id: 'o1', good_id: 'g1', quantity: 1, points: 1500, state: 'reserved', made_at: iso(AT), made_by: '李静', over_at: null, over_by: '', reason: '', waiting: false,
  ...over,
}); // prettier-ignore
const CATALOGUE = 'GET /api/points/partners';
const ORDERS = '/api/elders/e1/goods-orders';

/** At an address with an elder in it. */
function At({ to, children }: { to: string; children: ReactNode }) {
  const { pathname, search } = useLocation();
  const navigate = useNavigate();
  useEffect(() => void navigate(to), [navigate, to]);
  return pathname + search === to ? children : null;
}
const show = (stage: Stage): void =>
  void stage.show(
    <At to="/points/goods?elder=e1">
      <GoodsTab />
    </At>,
  );

let server: FakeServer;
let stage: Stage;
beforeEach(() => {
  server = fakeServer();
  stage = new Stage(aPerson({ permissions: ['points:read', 'points:work', 'elders:search'] }));
});

test('an agent reads the catalogue and changes nothing in it', async () => {
  server.on(CATALOGUE, [partner]);
  stage.show(<GoodsTab />);
  const shown = await screen.findByTestId('points-partner');
  expect(shown.textContent).toContain('鸡蛋一板 商品1,50082');
  expect(within(shown).getByText('已停止')).toBeTruthy();
  expect(screen.queryByRole('button', { name: '给 为民超市 增加商品' })).toBeNull();
  expect(screen.getByText('查到老人后，可替她兑换，看她兑换过什么。')).toBeTruthy();
});

test('what she agrees to is ordered for her; what she cannot pay is not', async () => {
  server.on(CATALOGUE, [partner]).on('GET /api/elders/e1/points', account).on(`GET ${ORDERS}`, []);
  server.on(`POST ${ORDERS}`, [order({ quantity: 2, points: 3000 })]);
  show(stage);
  expect(await screen.findByText('王桂兰 可用 3,200 分')).toBeTruthy();
  expect(await screen.findByText('还没有兑换过')).toBeTruthy();
  const button = screen.getByTestId('goods-order');
  expect(button).toHaveProperty('disabled', true);
  fireEvent.mouseDown(screen.getByLabelText('商品'));
  fireEvent.click(await screen.findByText('鸡蛋一板 · 1,500'));
  expect(screen.queryByText('洗衣液 · 1,500')).toBeNull();
  fireEvent.change(screen.getByLabelText('件数'), { target: { value: '3' } });
  expect(screen.getByText('积分不够')).toBeTruthy();
  expect(button).toHaveProperty('disabled', true);
  fireEvent.change(screen.getByLabelText('件数'), { target: { value: '2' } });
  expect(screen.getByText('共 3,000 分')).toBeTruthy();
  fireEvent.click(button);
  fireEvent.click(within(await screen.findByRole('tooltip')).getByRole('button', { name: '兑 换' }));
  await waitFor(() => expect(server.bodyOf(`POST ${ORDERS}`)).toEqual({ good_id: 'g1', quantity: 2 }));
});

test('an order is handed out, or given back with a reason; a refusal is said', async () => {
  server.on(CATALOGUE, [partner]).on('GET /api/elders/e1/points', account);
  server.on(`GET ${ORDERS}`, [order({}), order({ id: 'o2', good_id: 'gone', state: 'void', reason: '不要了' })]);
  server.refuse(`POST ${ORDERS}/o1/handed-out`, 'hold_expired', 409).on(`POST ${ORDERS}/o1/void`, []);
  show(stage);
  expect((await screen.findByTestId('goods-orders')).textContent).toContain('已不在目录中的商品');
  fireEvent.click(screen.getByRole('button', { name: '鸡蛋一板 已领取' }));
  expect(await screen.findByText('超过时间了，请重新来')).toBeTruthy();
  fireEvent.click(screen.getByRole('button', { name: '取消兑换 鸡蛋一板' }));
  const dialog = await screen.findByRole('dialog');
  const sure = within(dialog).getByRole('button', { name: '取消兑换' });
  expect(sure).toHaveProperty('disabled', true);
  fireEvent.change(within(dialog).getByLabelText('原因'), { target: { value: '老人不要了' } });
  fireEvent.click(sure);
  await waitFor(() => expect(server.bodyOf(`POST ${ORDERS}/o1/void`)).toEqual({ reason: '老人不要了' }));
});

test('a supervisor adds a partner, and changes a good against the version that was seen', async () => {
  stage = new Stage(aPerson({ role: 'supervisor', permissions: ['points:read', 'points:write'] }));
  server
    .on(CATALOGUE, [partner])
    .on('POST /api/points/partners', [partner, { ...partner, id: 'p2', name: '新华书店' }]);
  server.refuse('PUT /api/points/goods/g1', 'good_changed', 409);
  stage.show(<GoodsTab />);
  fireEvent.change(await screen.findByLabelText('兑换点名称'), { target: { value: ' 新华书店 ' } });
  fireEvent.click(screen.getByRole('button', { name: '增加兑换点' }));
  expect(await screen.findByRole('heading', { name: '新华书店' })).toBeTruthy();
  expect(server.bodyOf('POST /api/points/partners')).toEqual({ name: '新华书店' });
  fireEvent.click(screen.getAllByRole('button', { name: '修改 鸡蛋一板' })[0] as HTMLElement);
  const dialog = await screen.findByRole('dialog');
  fireEvent.change(within(dialog).getByLabelText('库存'), { target: { value: '20' } });
  fireEvent.click(within(dialog).getByRole('button', { name: '保 存' }));
  expect(await within(dialog).findByText('刚才有人改过或兑换过，请重新打开')).toBeTruthy();
  expect(server.bodyOf('PUT /api/points/goods/g1')).toEqual({
    name: '鸡蛋一板', points: 1500, stock: 20, month_limit: 2, active: true, version: 3,
  }); // prettier-ignore
});

test('all orders by state and partner; a partner is switched off against the version that was seen', async () => {
  stage = new Stage(aPerson({ role: 'supervisor', permissions: ['points:read', 'points:write'] }));
  server.on(CATALOGUE, [partner]).refuse('PUT /api/points/partners/p1', 'partner_changed', 409);
  const line = {
    ...order({}),
    elder_id: 'e1',
    elder_name: '王**',
    good: '鸡蛋一板',
    partner: '为民超市',
    due_at: iso(AT),
  };
  server.on('GET /api/points/goods-orders', [line]);
  stage.show(<GoodsTab />);
  const all = await screen.findByTestId('goods-all-orders');
  expect((await within(all).findByText('王**')).closest('tr')?.textContent).toContain('鸡蛋一板 ×1为民超市等领取');
  fireEvent.click(screen.getByRole('button', { name: '修改 为民超市' }));
  const dialog = await screen.findByRole('dialog');
  fireEvent.click(within(dialog).getByRole('checkbox'));
  fireEvent.click(within(dialog).getByRole('button', { name: '保 存' }));
  expect(await within(dialog).findByText('这个兑换点刚被别人改过，请重新打开')).toBeTruthy();
  expect(server.bodyOf('PUT /api/points/partners/p1')).toEqual({ name: '为民超市', active: false, version: 4 });
});

test('no partner yet; a catalogue that cannot be read is said', async () => {
  server.on(CATALOGUE, []);
  stage.show(<GoodsTab />);
  expect(await screen.findByText('还没有兑换点')).toBeTruthy();
  server.refuse(CATALOGUE, 'partner_not_found', 404);
  new Stage(aPerson({ permissions: ['points:read'] })).show(<GoodsTab />);
  expect(await screen.findByText('没有这个兑换点')).toBeTruthy();
});
