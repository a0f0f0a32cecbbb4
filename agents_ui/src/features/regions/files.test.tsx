import { fireEvent, screen } from '@testing-library/react';
import { App } from 'antd';
import { beforeEach, describe, expect, test } from 'vitest';
import { aPerson } from '../../testing/fixtures';
import { fakeServer, type FakeServer } from '../../testing/server';
import { Stage } from '../../testing/stage';
import { decoded } from './FileField';
import { FEATURES } from './fixtures';
import { ImportBoundaries, parseFile } from './ImportBoundaries';
import type { RegionView } from './queries';
import { parentsFor, placeOf, rowsOf } from './tree';

let server: FakeServer;
let stage: Stage;
beforeEach(() => {
  server = fakeServer();
  stage = new Stage(
    aPerson({ permissions: ['calls:take', 'calls:see', 'regions:read', 'regions:write', 'duty:write'] }),
  );
});

describe('files', () => {
  test('what is no FeatureCollection is not sent', () => {
    expect(parseFile('{"type":"Feature"}')).toBeNull();
    expect(parseFile('nonsense')).toBeNull();
    expect(parseFile('null')).toBeNull();
    expect(parseFile('{"type":"FeatureCollection","features":[],"crs":{}}')).toEqual({
      type: 'FeatureCollection',
      features: [],
      dry_run: true,
    });
  });

  test('a spreadsheet of Windows is read', () => {
    expect(decoded(new Uint8Array([0xcd, 0xf5, 0xc0, 0xf6]).buffer)).toBe('王丽');
    expect(decoded(new TextEncoder().encode('王丽').buffer as ArrayBuffer)).toBe('王丽');
  });

  test('each mistake is told in words, and importing is not offered', async () => {
    server.on('POST /api/regions/boundaries', {
      kept: false,
      added: 0,
      replaced: 1,
      unchanged: 0,
      bad: [{ row: 2, code: 'x', reason: 'unknown_code', message: 'no' }],
    });
    stage.show(
      <App>
        <ImportBoundaries onClose={() => undefined} />
      </App>,
    );
    const text = JSON.stringify({ type: 'FeatureCollection', features: FEATURES });
    fireEvent.change(screen.getByTestId('file'), { target: { files: [new File([text], 'a.geojson')] } });
    expect((await screen.findByTestId('import-bad')).textContent).toContain('第 2 个 x: 没有这个编码的区域');
    expect(screen.getByRole<HTMLButtonElement>('button', { name: /导\s?入/ }).disabled).toBe(true);
    expect(server.bodyOf('POST /api/regions/boundaries')).toMatchObject({ dry_run: true });
  });
});

describe('the tree', () => {
  const region = (
    id: string,
    parent_id: string | null,
    level: RegionView['level'],
    over: Partial<RegionView> = {},
  ): RegionView => ({
    id,
    parent_id,
    level,
    code: id,
    name: `${id}名`,
    short_name: id,
    sort: 0,
    version: 1,
    retired: false,
    has_boundary: false,
    ...over,
  });
  const all = [
    region('d', null, 'district'),
    region('s1', 'd', 'street'),
    region('s2', 'd', 'street'),
    region('c1', 's1', 'community'),
    region('c2', 's2', 'community', { retired: true }),
  ];
  const ids = (rows: ReturnType<typeof rowsOf>): unknown[] => rows.map((row) => [row.id, ids(row.children ?? [])]);

  test('retired ones are shown when asked for; a search keeps the way to what fits', () => {
    expect(ids(rowsOf(all, false, ''))).toEqual([
      [
        'd',
        [
          ['s1', [['c1', []]]],
          ['s2', []],
        ],
      ],
    ]);
    expect(ids(rowsOf(all, true, 'c2'))).toEqual([['d', [['s2', [['c2', []]]]]]]);
    expect(rowsOf(all, false, 'nothing')).toEqual([]);
  });

  test('where it lies, and where it may go', () => {
    expect(placeOf(all, 'c1')).toBe('d·s1·c1');
    const [, , , c1] = all;
    expect(c1 && parentsFor(all, c1).map((one) => one.id)).toEqual(['s2']);
  });
});
