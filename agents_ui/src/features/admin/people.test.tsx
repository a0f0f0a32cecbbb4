import { fireEvent, screen, waitFor } from '@testing-library/react';
import { App, ConfigProvider } from 'antd';
import { beforeEach, describe, expect, test } from 'vitest';
import { aPerson } from '../../testing/fixtures';
import { fakeServer, type FakeServer } from '../../testing/server';
import { Stage } from '../../testing/stage';
import { PeopleTab } from './PeopleTab';
import type { Person } from './queries';
import { regionTree } from './regions';

const ADMIN = aPerson({
  id: 'admin',
  role: 'admin',
  permissions: ['users:read', 'users:write', 'centre:read', 'centre:write'],
});

let server: FakeServer;
beforeEach(() => {
  server = fakeServer()
    .on('GET /api/teams', { teams: [] })
    .on('GET /api/regions', [])
    .on('GET /api/option-lists', { lists: [] })
    .on('GET /api/lines', { lines: [] })
    .on('GET /api/options', {});
});
const show = (ui: React.ReactNode): void =>
  void new Stage(ADMIN).show(
    <ConfigProvider button={{ autoInsertSpace: false }}>
      <App>{ui}</App>
    </ConfigProvider>,
  );

function aColleague(over: Partial<Person> = {}): Person {
  return {
    id: 'p1',
    username: 'chenjing',
    name: '陈静',
    role: 'agent',
    active: true,
    leaves_after_call: false,
    must_change_password: false,
    has_second_factor: false,
    dialects: [],
    skills: [],
    team_id: null,
    region_ids: [],
    state: 'idle',
    in_call: false,
    seen_at: null,
    created_at: '2026-03-01T00:00:00Z',
    ...over,
  };
}

describe('people', () => {
  const disable = async (): Promise<void> => {
    fireEvent.click(await screen.findByTestId('more-chenjing'));
    fireEvent.click(await screen.findByText('停用'));
  };

  test('who is disabled is not shown until asked for, and is found by name or user name', async () => {
    server.on('GET /api/users', {
      people: [aColleague(), aColleague({ id: 'p2', username: 'old', name: '何旧', active: false })],
    });
    show(<PeopleTab canWrite />);
    await screen.findByText('陈静');
    expect(screen.queryByText('何旧')).toBeNull();
    expect(screen.getByText('在职 1 人，已停用 1 人')).toBeTruthy();
    fireEvent.click(screen.getByRole('switch'));
    expect(screen.getByText('何旧')).toBeTruthy();
    fireEvent.change(screen.getByRole('searchbox'), { target: { value: 'CHEN' } });
    expect(screen.queryByText('何旧')).toBeNull();
  });

  test('who may not change them sees no keys', async () => {
    server.on('GET /api/users', { people: [aColleague()] });
    show(<PeopleTab canWrite={false} />);
    await screen.findByText('陈静');
    expect(screen.queryByTestId('add-person')).toBeNull();
    expect(screen.queryByTestId('more-chenjing')).toBeNull();
  });

  test('of somebody in a call it is said, and the end of the call is offered first', async () => {
    const talking = aColleague({ in_call: true, state: 'talking' });
    server
      .on('GET /api/users', { people: [talking] })
      .on('POST /api/users/p1/disable', { ...talking, leaves_after_call: true });
    show(<PeopleTab canWrite />);
    await disable();
    expect(await screen.findByText('陈静 正在通话')).toBeTruthy();
    fireEvent.click(screen.getByTestId('disable-after_call'));
    await waitFor(() => expect(server.bodyOf('POST /api/users/p1/disable')).toEqual({ when: 'after_call' }));
    await waitFor(() => expect(screen.queryByText('陈静 正在通话')).toBeNull());
  });

  test('a refusal stays in sight and nothing is closed', async () => {
    server.on('GET /api/users', { people: [aColleague()] }).refuse('POST /api/users/p1/disable', 'last_admin', 409);
    show(<PeopleTab canWrite />);
    await disable();
    fireEvent.click(await screen.findByTestId('disable-if_free'));
    expect(await screen.findByText('这是最后一位管理员，请先添加另一位')).toBeTruthy();
    expect(screen.getByTestId('disable-if_free')).toBeTruthy();
  });

  test('a new person’s password is shown once, and a repeated request says that it is lost', async () => {
    server
      .on('GET /api/users', { people: [] })
      .on('POST /api/users', { person: aColleague({ name: '何新' }), password: 'abcd-efgh-jkmn' });
    show(<PeopleTab canWrite />);
    fireEvent.click(screen.getByTestId('add-person'));
    fireEvent.change(await screen.findByTestId('person-name'), { target: { value: '何新' } });
    fireEvent.change(screen.getByTestId('person-username'), { target: { value: 'hexin' } });
    fireEvent.click(screen.getByTestId('save-person'));
    expect((await screen.findByTestId('temporary-password')).textContent).toBe('abcd-efgh-jkmn');
    expect(server.bodyOf('POST /api/users')).toEqual({
      username: 'hexin',
      name: '何新',
      role: 'agent',
      dialects: [],
      skills: [],
      team_id: null,
      region_ids: [],
    });
    fireEvent.click(screen.getByTestId('password-told'));
    await waitFor(() => expect(screen.queryByTestId('temporary-password')).toBeNull());
  });

  test('a user name that cannot be typed everywhere is not sent', async () => {
    server.on('GET /api/users', { people: [] });
    show(<PeopleTab canWrite />);
    fireEvent.click(screen.getByTestId('add-person'));
    fireEvent.change(await screen.findByTestId('person-name'), { target: { value: '何新' } });
    fireEvent.change(screen.getByTestId('person-username'), { target: { value: '何新' } });
    fireEvent.click(screen.getByTestId('save-person'));
    expect(await screen.findByText(/用户名只能用/)).toBeTruthy();
    expect(server.routes()).not.toContain('POST /api/users');
  });
});

test('retired regions are offered only where they are chosen already', () => {
  const region = (id: string, parent_id: string | null, retired = false) => ({
    id,
    parent_id,
    level: 'street' as const,
    code: id,
    name: id,
    short_name: id,
    sort: 0,
    version: 1,
    retired,
    has_boundary: false,
  });
  const regions = [region('district', null), region('old', 'district', true), region('street', 'district')];
  expect(regionTree(regions)).toEqual([
    { value: 'district', title: 'district', children: [{ value: 'street', title: 'street', children: [] }] },
  ]);
  expect(regionTree(regions, ['old'])[0]?.children.map((one) => one.value)).toEqual(['old', 'street']);
});
