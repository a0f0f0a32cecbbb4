import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { App } from 'antd';
import { beforeEach, describe, expect, test } from 'vitest';
import { aPerson } from '../../testing/fixtures';
import { fakeServer, type FakeServer } from '../../testing/server';
import { Stage } from '../../testing/stage';
import { DutyTab } from './DutyTab';
import { aTurn as turn } from './fixtures';
import { OnDuty } from './OnDuty';
import type { OnDutyNow, RotaPreview, RotaView } from './queries';

let server: FakeServer;
let stage: Stage;
beforeEach(() => {
  server = fakeServer();
  stage = new Stage(
    aPerson({ permissions: ['calls:take', 'calls:see', 'regions:read', 'regions:write', 'duty:write'] }),
  );
});

const onDuty = (over: Partial<OnDutyNow> = {}): OnDutyNow => ({
  at: '2026-03-02T08:00:00Z',
  timezone: 'Asia/Shanghai',
  now: [turn('黄志强'), turn('高晓东', { level: 'technical' })],
  next: [turn('马文斌', { starts_at: '2026-03-02T12:00:00Z', ends_at: '2026-03-03T00:00:00Z' })],
  telephones: 1,
  ...over,
});

describe('who is on duty', () => {
  test('is one line: who, and who comes at what hour of the centre', async () => {
    server.on('GET /api/duty/now', onDuty());
    stage.show(<OnDuty />);
    const line = await screen.findByTestId('on-duty');
    expect(line.textContent).toBe('值班 黄志强 +1 · 20:00 马文斌');
  });

  test('nobody is said, and worse when no telephone is left', async () => {
    server.on('GET /api/duty/now', onDuty({ now: [], next: [] }));
    const { unmount } = stage.show(<OnDuty />);
    expect((await screen.findByTestId('on-duty')).textContent).toBe('现在无人值班，电话会打到备用号码');
    unmount();
    server.on('GET /api/duty/now', onDuty({ now: [], next: [], telephones: 0 }));
    new Stage(stage.me).show(<OnDuty />);
    expect(await screen.findByText('现在无人值班，也没有备用号码')).toBeTruthy();
  });

  test('is not asked for by who may not know', () => {
    new Stage(aPerson({ permissions: ['calls:see'] })).show(<OnDuty />);
    expect(server.routes()).toEqual([]);
  });
});

describe('the rota', () => {
  const shift = {
    id: 's1',
    person_id: 'p1',
    level: 'supervisor' as const,
    region_id: null,
    weekdays: [0, 1, 2, 3, 4, 5, 6],
    starts: '20:00',
    ends: '08:00',
    valid_from: null,
    valid_to: null,
  };
  const rota: RotaView = {
    version: 3,
    timezone: 'Asia/Shanghai',
    changed_at: null,
    changed_by: '',
    shifts: [shift, { ...shift, id: 's2', starts: '08:00', ends: '20:00' }],
    exceptions: [],
  };
  const gap = (day: number) => ({
    kind: 'gap' as const,
    level: 'supervisor' as const,
    region_id: null,
    region: '',
    starts_at: `2026-03-0${day}T00:00:00Z`,
    ends_at: `2026-03-0${day}T12:00:00Z`,
    names: [],
    serious: true,
  });
  const preview = (problems: RotaPreview['problems']): RotaPreview => ({
    first: '2026-03-02',
    last: '2026-03-15',
    turns: [turn('马文斌')],
    problems,
    more_problems: 0,
  });
  beforeEach(() => {
    server
      .on('GET /api/duty/rota', rota)
      .on('GET /api/duty/people', [{ id: 'p1', version: 1, name: '马文斌', number: '137 0001 7903', active: true }])
      .on('GET /api/duty/telephones', [])
      .on('GET /api/duty/now', onDuty())
      .on('GET /api/regions', [])
      .answer('POST /api/duty/rota/preview', ({ body }) =>
        Response.json(preview((body as RotaView).shifts.length === 2 ? [] : [gap(2), gap(3), gap(4)])),
      );
  });
  const show = () =>
    stage.show(
      <App>
        <DutyTab />
      </App>,
    );

  test('a shift taken out is asked about before it is saved; the same gap of three days is one question', async () => {
    show();
    expect(await screen.findByTestId('rota-fine')).toBeTruthy();
    expect(screen.queryByTestId('rota-save')).toBeNull();
    fireEvent.click(within(screen.getByTestId('shift-s2')).getByRole('button', { name: /删除/ }));
    const asked = await screen.findByTestId('rota-problems');
    expect(asked.textContent).toContain('主管值班无人：08:00 – 20:00 （14 天里 3 次）');
    expect(within(asked).getAllByRole('listitem')).toHaveLength(1);
    server.on('PUT /api/duty/rota', { ...rota, version: 4, shifts: [shift] });
    server.on('GET /api/duty/rota', { ...rota, version: 4, shifts: [shift] });
    fireEvent.click(screen.getByTestId('rota-save'));
    await waitFor(() => expect(screen.queryByTestId('rota-save')).toBeNull());
    expect(server.bodyOf('PUT /api/duty/rota')).toEqual({ version: 3, shifts: [shift], exceptions: [] });
  });

  test('somebody else was faster: that is said, and what was changed here stays until theirs is loaded', async () => {
    show();
    await screen.findByTestId('rota-fine');
    fireEvent.click(within(screen.getByTestId('shift-s2')).getByRole('button', { name: /删除/ }));
    server.on(
      'PUT /api/duty/rota',
      { error: { code: 'rota_changed', message: '', details: { version: 4, by: '袁秋云' } } },
      409,
    );
    fireEvent.click(await screen.findByTestId('rota-save'));
    expect(await screen.findByText(/袁秋云 刚刚保存过值班表/)).toBeTruthy();
    expect(screen.queryByTestId('shift-s2')).toBeNull();
    server.on('GET /api/duty/rota', { ...rota, version: 4 });
    fireEvent.click(screen.getByRole('button', { name: '载入对方的版本' }));
    expect(await screen.findByTestId('shift-s2')).toBeTruthy();
    expect(screen.queryByTestId('rota-save')).toBeNull();
  });

  test('who may only look has nothing to press', async () => {
    stage = new Stage(aPerson({ permissions: ['calls:see', 'regions:read'] }));
    show();
    await screen.findByTestId('shift-s1');
    expect(screen.queryByTestId('shift-add')).toBeNull();
    expect(screen.queryByTestId('person-add')).toBeNull();
    expect(screen.queryByTestId('spare-add')).toBeNull();
    expect(server.routes()).not.toContain('POST /api/duty/rota/preview');
  });
});
