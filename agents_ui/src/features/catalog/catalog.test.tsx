import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { App, ConfigProvider } from 'antd';
import { beforeEach, describe, expect, test } from 'vitest';
import { aPerson } from '../../testing/fixtures';
import { fakeServer, type FakeServer } from '../../testing/server';
import { Stage } from '../../testing/stage';
import { CatalogTab } from './CatalogTab';
import { aVersion, CLEANING, LICENCES, MEALS } from './fixtures';
import type { Localisation } from './queries';
import { formOf } from './text';

describe('the page', () => {
  let server: FakeServer;
  const versions = [aVersion(1, 'in_force')];
  beforeEach(() => {
    server = fakeServer()
      .on('GET /api/catalog/versions', versions)
      .on('GET /api/catalog/versions/1', { ...versions[0], rows: [CLEANING, MEALS] })
      .on('GET /api/catalog/versions/1/changes', { number: 1, against: null, changes: [] })
      .on('GET /api/catalog/licences', LICENCES)
      .on('GET /api/catalog/localisations', [])
      .on('GET /api/regions', [
        {
          id: 'r1',
          parent_id: null,
          level: 'district',
          code: '420606',
          name: '樊城区',
          short_name: '樊城',
          sort: 0,
          version: 1,
          retired: false,
          has_boundary: false,
        },
      ]);
  });
  const show = (canWrite = true): void =>
    void new Stage(aPerson({ role: 'admin', permissions: ['catalog:read', 'catalog:write', 'catalog:localise'] })).show(
      <ConfigProvider button={{ autoInsertSpace: false }}>
        <App>
          <CatalogTab canWrite={canWrite} />
        </App>
      </ConfigProvider>,
    );

  test('shows what an item asks for: of the store and of the worker', async () => {
    show();
    const meals = await screen.findByTestId('item-PS01');
    await waitFor(() => expect(meals.textContent).toContain('食品经营许可 且 健康证'));
    expect(meals.textContent).toContain('已停用');
    expect(meals.textContent).toContain('食堂装修');
    const cleaning = screen.getByTestId('item-JZ01');
    expect(cleaning.textContent).toContain('家政服务员 或 健康证');
    expect(cleaning.textContent).toContain('¥30–50 / 小时');
    expect(cleaning.textContent).toContain('2–3 小时');
    expect(cleaning.textContent).toContain('志愿者可做低风险部分');
    fireEvent.change(screen.getByTestId('catalog-search'), { target: { value: 'zcsc' } });
    await waitFor(() => expect(screen.queryByTestId('item-JZ01')).toBeNull());
    expect(screen.getByTestId('item-PS01')).toBeTruthy();
  });

  test('who may not write sees no key to edit', async () => {
    show(false);
    await screen.findByTestId('item-JZ01');
    expect(screen.queryByTestId('edit-JZ01')).toBeNull();
    expect(screen.queryByTestId('catalog-import')).toBeNull();
  });

  test('a change is gathered, read once more and published with its reason', async () => {
    server.on('POST /api/catalog/versions', { ...aVersion(2, 'in_force'), rows: [] });
    show();
    fireEvent.click(await screen.findByTestId('edit-JZ01'));
    fireEvent.change(await screen.findByTestId('price-market'), { target: { value: '55.5' } });
    fireEvent.click(screen.getByTestId('keep-item'));
    fireEvent.click(await screen.findByTestId('catalog-publish'));
    const changes = await screen.findByTestId('catalog-changes');
    expect(within(changes).getByText('¥50')).toBeTruthy();
    expect(within(changes).getByText('¥55.50')).toBeTruthy();
    fireEvent.change(screen.getByTestId('reason'), { target: { value: '人工涨价' } });
    fireEvent.click(screen.getByTestId('publish'));
    await waitFor(() => expect(server.routes()).toContain('POST /api/catalog/versions'));
    expect(server.bodyOf('POST /api/catalog/versions')).toEqual({
      seen: 1,
      reason: '人工涨价',
      valid_from: null,
      items: [{ ...formOf(CLEANING), price_market_fen: 5550 }],
    });
    await waitFor(() => expect(screen.queryByTestId('catalog-publish')).toBeNull());
  });

  test('a highest price below the lowest is refused before anything is sent', async () => {
    show();
    fireEvent.click(await screen.findByTestId('edit-JZ01'));
    fireEvent.change(await screen.findByTestId('price-max'), { target: { value: '10' } });
    fireEvent.click(screen.getByTestId('keep-item'));
    expect(await screen.findByText('不能低于最低价')).toBeTruthy();
    expect(screen.queryByTestId('catalog-publish')).toBeNull();
  });

  test('somebody was quicker: it is said, and what was gathered stays', async () => {
    server.refuse('POST /api/catalog/versions', 'catalog_changed', 409);
    show();
    fireEvent.click(await screen.findByTestId('edit-JZ01'));
    fireEvent.change(await screen.findByTestId('item-name'), { target: { value: '日常打扫' } });
    fireEvent.click(screen.getByTestId('keep-item'));
    fireEvent.click(await screen.findByTestId('catalog-publish'));
    fireEvent.change(await screen.findByTestId('reason'), { target: { value: '改名' } });
    fireEvent.click(screen.getByTestId('publish'));
    expect(await screen.findByText('刚刚有人改过服务目录，请先看看最新的一版')).toBeTruthy();
    expect(screen.getByTestId('catalog-drop')).toBeTruthy();
  });

  test('a file with faults says row, column and why, and cannot be imported', async () => {
    server.on('POST /api/catalog/import', {
      kept: false,
      number: null,
      added: [],
      changed: [],
      unchanged: 0,
      bad: [{ row: 4, column: 'price_min_cny', reason: 'price', message: 'no price' }],
    });
    show();
    fireEvent.click(await screen.findByTestId('catalog-import'));
    const file = new File(['code\n'], 'a.csv', { type: 'text/csv' });
    fireEvent.change(await screen.findByTestId('file'), { target: { files: [file] } });
    const bad = await screen.findByTestId('import-bad');
    expect(bad.textContent).toContain('第 4 行 price_min_cny: 不是价格（元，最多两位小数）');
    expect(server.bodyOf('POST /api/catalog/import')).toMatchObject({ seen: 1, csv: 'code\n', dry_run: true });
    expect(screen.getByRole('button', { name: '导入为新版本' }).hasAttribute('disabled')).toBe(true);
  });

  test('a planned version can be taken back', async () => {
    const planned = [aVersion(2, 'planned', { valid_from: '2027-01-01T00:00:00Z' }), ...versions];
    server
      .on('GET /api/catalog/versions', planned)
      .on('GET /api/catalog/versions/2', { ...planned[0], rows: [CLEANING] })
      .on('GET /api/catalog/versions/2/changes', {
        number: 2,
        against: 1,
        changes: [
          {
            code: 'JZ01',
            name_zh: '日常保洁',
            name_en: 'Routine cleaning',
            kind: 'changed',
            fields: [{ field: 'sla_class', before: 'N1', after: 'U2' }],
          },
        ],
      })
      .on('POST /api/catalog/versions/2/withdraw', { ...planned[0], rows: [] });
    show();
    expect(await screen.findByText(/第 2 版 .* 起生效，下面是它的内容/)).toBeTruthy();
    fireEvent.click(screen.getByText('历史版本'));
    const changes = await screen.findByTestId('catalog-changes');
    expect(changes.textContent).toContain('等级 一般 → 当天');
    fireEvent.click(screen.getByTestId('withdraw-2'));
    fireEvent.click(await screen.findByRole('button', { name: '确定' }));
    await waitFor(() => expect(server.bodyOf('POST /api/catalog/versions/2/withdraw')).toEqual({ seen: 2 }));
  });

  test('a region switches off, and says why', async () => {
    const said: Localisation = {
      id: 'l1',
      code: 'JZ01',
      region_id: 'r1',
      number: 3,
      name_zh: null,
      prices: null,
      switched_off: true,
      note: '春节停办',
      valid_from: '2026-11-01T00:00:00Z',
      made_at: '2026-11-01T00:00:00Z',
      author_name: '彭秀英',
      state: 'in_force',
      last: true,
    };
    server.on('GET /api/catalog/localisations', [said]).on('POST /api/catalog/localisations', said);
    show();
    await screen.findByTestId('item-JZ01');
    fireEvent.click(screen.getByText('地区差异'));
    const list = await screen.findByTestId('localisations');
    await waitFor(() => expect(list.textContent).toContain('春节停办'));
    fireEvent.click(screen.getByTestId('local-JZ01'));
    fireEvent.click(await screen.findByLabelText('当地启用'));
    fireEvent.click(screen.getByTestId('save-local'));
    await waitFor(() =>
      expect(server.bodyOf('POST /api/catalog/localisations')).toEqual({
        code: 'JZ01',
        region_id: 'r1',
        seen: 3,
        name_zh: null,
        prices: null,
        switched_off: false,
        note: '春节停办',
        valid_from: null,
      }),
    );
  });
});
