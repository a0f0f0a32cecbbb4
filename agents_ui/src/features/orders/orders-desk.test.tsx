import { fireEvent, screen, waitFor } from '@testing-library/react';
import { App } from 'antd';
import { beforeEach, describe, expect, test } from 'vitest';
import { drafts } from '../../app/drafts';
import { aPerson } from '../../testing/fixtures';
import { fakeServer, type FakeServer } from '../../testing/server';
import { Stage } from '../../testing/stage';
import { orderKey } from './draft';
import { aChoice, anItem, anOrder, anOrderDetail, aPreview } from './fixtures';
import { JobsPage } from './JobsPage';
import { NewOrder } from './NewOrder';
import { OrderDetailView } from './OrderDetailView';
import { ordering } from './ordering';

const AGENT = aPerson({
  permissions: ['calls:take', 'calls:see', 'cases:read', 'cases:write', 'orders:read', 'orders:write'],
});
const PLACE = 'POST /api/cases/case-1/orders';

describe('an order from the screen pop', () => {
  let server: FakeServer;
  beforeEach(() => {
    ordering.set('case-1');
    server = fakeServer()
      .on('GET /api/catalog', [anItem(), anItem({ code: 'JZ02', name_zh: '擦玻璃', pinyin: 'ca bo li' })])
      .on('GET /api/cases/case-1/order-suggestions', {
        items: [
          { code: 'JZ01', name: '日常保洁', category: 'housekeeping', times: 3, last_at: '2026-11-20T01:00:00Z' },
        ],
        stores: [],
        usual: null,
      })
      .on('POST /api/cases/case-1/orders/preview', aPreview())
      .on('GET /api/regions/boundaries', { type: 'FeatureCollection', features: [] })
      .on(PLACE, anOrderDetail());
  });
  const show = (): void =>
    void new Stage(AGENT).show(
      <App>
        <NewOrder caseId="case-1" communityId="community-1" name="王桂兰" />
      </App>,
    );

  test('is placed in three clicks, F8 among them, and says before whom it asks and why', async () => {
    let clicks = 1; // F8
    show();
    const click = (element: HTMLElement): void => {
      clicks += 1;
      fireEvent.click(element);
    };
    click(await screen.findByTestId('order-chip-JZ01'));
    const preview = await screen.findByTestId('store-store-1');
    expect(preview.textContent).toContain('张姐家政');
    expect(preview.textContent).toContain('证照齐全 · 640 米 · 4.8 分 · 服务过她 6 次');
    expect(screen.getByTestId('order-price').textContent).toBe('约 ¥80');
    click(screen.getByTestId('order-place'));
    await waitFor(() => expect(ordering.get()).toBeNull());
    expect(clicks).toBeLessThanOrEqual(4);
    expect(server.bodyOf(PLACE)).toMatchObject({ lines: [{ item: 'JZ01', quantity: 1 }], wanted_from: null });
    expect(drafts.get(orderKey('case-1'))).toBe('');
  });

  test('is found by initials; Enter takes it, and Enter on nothing more places it', async () => {
    show();
    await screen.findByTestId('order-chip-JZ01');
    const search = screen.getByTestId('order-search');
    fireEvent.change(search, { target: { value: 'cbl' } });
    fireEvent.keyDown(search, { key: 'Enter' });
    expect(screen.getByTestId('order-line-JZ02')).toBeTruthy();
    await screen.findByTestId('store-store-1');
    fireEvent.keyDown(search, { key: 'Enter' });
    await waitFor(() => expect(server.bodyOf(PLACE)).toMatchObject({ lines: [{ item: 'JZ02' }] }));
  });

  test('what is not placed survives a reload', async () => {
    show();
    fireEvent.click(await screen.findByTestId('order-chip-JZ01'));
    expect(JSON.parse(drafts.get(orderKey('case-1')))).toMatchObject({ lines: [{ item: 'JZ01', quantity: 1 }] });
  });

  test('why not this one is answered by name', async () => {
    show();
    fireEvent.click(await screen.findByTestId('order-chip-JZ01'));
    await screen.findByTestId('store-store-1');
    const out = aChoice({ store_id: 'shut', name: '夜来香', rank: null, out: [{ gate: 'closed', what: '' }] });
    server.on('POST /api/cases/case-1/orders/preview', aPreview({ found: [out] }));
    fireEvent.change(screen.getByTestId('order-why-not'), { target: { value: '夜来香' } });
    expect((await screen.findByTestId('store-shut')).textContent).toContain('未入选：这个时间不营业');
  });

  test('a refusal is told, and nothing is lost', async () => {
    server.refuse(PLACE, 'elder_deceased', 409);
    show();
    fireEvent.click(await screen.findByTestId('order-chip-JZ01'));
    fireEvent.click(screen.getByTestId('order-place'));
    expect((await screen.findByRole('alert')).textContent).toBe('老人已过世，不能下单');
    expect(screen.getByTestId('order-line-JZ01')).toBeTruthy();
  });
});

describe('an order in full', () => {
  test('shows the code to be read out and the acts that are possible', async () => {
    fakeServer()
      .on('GET /api/orders/order-1', anOrderDetail())
      .on('GET /api/regions/boundaries', { type: 'FeatureCollection', features: [] });
    new Stage(AGENT).show(
      <App>
        <OrderDetailView orderId="order-1" version={1} />
      </App>,
    );
    expect((await screen.findByTestId('service-code')).textContent).toBe('123 456');
    expect(screen.getByTestId('act-assign')).toBeTruthy();
    expect(screen.queryByTestId('act-ask_again')).toBeNull();
    fireEvent.click(screen.getByTestId('act-more'));
    expect((await screen.findByText('服务商还在考虑')).textContent).toBeTruthy();
  });
});

describe('the board', () => {
  test('begins with what needs somebody; three hundred orders are paged', async () => {
    fakeServer();
    const stage = new Stage(AGENT);
    const many = Array.from({ length: 300 }, (_, at) => anOrder({ id: `o${at}`, number: `D-${at}` }));
    stage.tell({ orders: [...many, anOrder({ id: 'x', number: 'D-x', attention: 'nobody', state: 'rejected' })] });
    stage.show(
      <App>
        <JobsPage />
      </App>,
    );
    expect((await screen.findByTestId('job-D-x')).textContent).toContain('没有合适的服务商');
    expect(screen.queryByTestId('job-D-0')).toBeNull();
    fireEvent.click(screen.getByText('按截止'));
    expect(await screen.findAllByTestId(/^job-/)).toHaveLength(50);
    expect(screen.getByText('第 1–50 单，共 301 单')).toBeTruthy();
  });
});
