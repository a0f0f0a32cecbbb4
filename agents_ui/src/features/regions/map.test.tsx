import { fireEvent, screen } from '@testing-library/react';
import { beforeEach, describe, expect, test } from 'vitest';
import { aPerson } from '../../testing/fixtures';
import { fakeServer, type FakeServer } from '../../testing/server';
import { Stage } from '../../testing/stage';
import { draw, labelsOf, marksOf, shadeOf } from './DistrictMap';
import { aTurn as turn, FEATURES } from './fixtures';
import { MapTab } from './MapTab';
import { PlaceMap } from './PlaceMap';
import type { MapCase } from './queries';
import { whole } from './view';

let server: FakeServer;
let stage: Stage;
beforeEach(() => {
  server = fakeServer();
  stage = new Stage(
    aPerson({ permissions: ['calls:take', 'calls:see', 'regions:read', 'regions:write', 'duty:write'] }),
  );
});

const mapCase = (over: Partial<MapCase> = {}): MapCase => ({
  id: 'c1',
  number: '260302-0001',
  severity: 'E0',
  is_sos: true,
  state: 'new',
  community_id: 'id-A',
  elder_name: '王**',
  opened_at: '2026-03-02T08:00:00Z',
  latitude: null,
  longitude: null,
  ...over,
});

describe('the map', () => {
  test('marks: where she lives when we may know it, in her community else, one beside the other; SOS on top', () => {
    const drawn = draw(FEATURES);
    if (drawn === null) throw new Error('nothing drawn');
    const marks = marksOf(
      [
        mapCase(),
        mapCase({ id: 'c2', is_sos: false }),
        mapCase({ id: 'c3', latitude: 32.05, longitude: 112.15, is_sos: false }),
        mapCase({ id: 'c4', community_id: 'unknown' }),
      ],
      drawn,
    );
    expect(marks.map(({ one }) => one.id)).toEqual(['c3', 'c2', 'c1']);
    const [known, second, first] = marks;
    expect(known).toMatchObject(drawn.projection.to(112.15, 32.05));
    expect(first?.x !== second?.x || first?.y !== second?.y).toBe(true);
  });

  test('a label makes room for a mark', () => {
    const drawn = draw(FEATURES);
    if (drawn === null) throw new Error('nothing drawn');
    const view = whole(drawn.projection);
    const street = labelsOf(drawn, view).find((label) => label.id === 'id-S');
    if (!street) throw new Error('no label');
    const moved = labelsOf(drawn, view, [street]).find((label) => label.id === 'id-S');
    expect(moved?.y).not.toBe(street.y);
  });

  test('the more elders, the darker', () => {
    const shades = [0, 1, 5, 10].map((elders) => shadeOf(elders, 10));
    expect(new Set(shades).size).toBe(4);
    expect(shadeOf(0, 0)).toBe('#ffffff');
  });

  test('a community is chosen by click and by keyboard, and its panel tells of it', async () => {
    server
      .on('GET /api/regions/boundaries', { type: 'FeatureCollection', features: FEATURES })
      .on('GET /api/regions/map', {
        communities: [{ region_id: 'id-A', elders: 6, alone: 2, workers: 3 }],
        cases: [mapCase()],
      })
      .on('GET /api/regions/id-A/panel', {
        region_id: 'id-A',
        place: '樊城·中原·A',
        elders: 6,
        alone: 2,
        cases: [mapCase()],
        workers: [],
        on_duty: [turn('黄志强')],
        timezone: 'Asia/Shanghai',
      });
    stage.show(<MapTab />);
    const community = await screen.findByTestId('map-A');
    expect((await screen.findByTestId('mark-260302-0001')).getAttribute('aria-label')).toBe(
      '紧急事件 260302-0001，王**',
    );
    fireEvent.keyDown(community, { key: 'Enter' });
    const panel = await screen.findByTestId('region-panel');
    expect(panel.textContent).toContain('樊城·中原·A');
    expect(panel.textContent).toContain('到 20:00');
    expect(panel.textContent).toContain('还没有登记网格员');
    fireEvent.keyDown(screen.getByTestId('map'), { key: '+' });
    expect(screen.getByTestId('map').dataset.zoom).toBe('1.50');
    fireEvent.click(screen.getByRole('button', { name: '关闭' }));
    expect(screen.queryByTestId('region-panel')).toBeNull();
  });

  test('no boundaries yet: it says where they come from', async () => {
    server
      .on('GET /api/regions/boundaries', { type: 'FeatureCollection', features: [] })
      .on('GET /api/regions/map', { communities: [], cases: [] });
    stage.show(<MapTab />);
    expect(await screen.findByText('还没有区域边界')).toBeTruthy();
  });
});

describe('the place of a home', () => {
  beforeEach(() => {
    server.on('GET /api/regions/boundaries', { type: 'FeatureCollection', features: FEATURES });
  });

  test('an arrow key moves the pin ten metres; without onPick it moves nothing', async () => {
    const picked: [number, number][] = [];
    stage.show(
      <PlaceMap latitude={32.05} longitude={112.05} communityId="id-A" onPick={(...place) => picked.push(place)} />,
    );
    await screen.findByTestId('map-pin');
    fireEvent.keyDown(screen.getByTestId('map'), { key: 'ArrowUp' });
    fireEvent.keyDown(screen.getByTestId('map'), { key: 'ArrowLeft' });
    expect(picked).toEqual([
      [32.0501, 112.05],
      [32.05, 112.0499],
    ]);
  });

  test('a place outside her community is said', async () => {
    stage.show(<PlaceMap latitude={32.05} longitude={112.15} communityId="id-A" />);
    expect(await screen.findByText('这个点不在A社区范围内')).toBeTruthy();
  });

  test('no place yet: no pin', async () => {
    stage.show(<PlaceMap latitude={null} longitude={null} communityId="id-A" />);
    expect(await screen.findByText('还没有位置')).toBeTruthy();
    expect(screen.queryByTestId('map-pin')).toBeNull();
  });
});
