import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { App } from 'antd';
import { beforeEach, describe, expect, test } from 'vitest';
import { ApiError } from '../../api/errors';
import type { CaseDetail, FloorCase, SnapshotData } from '../../api/types';
import { EMPTY, reduceLive, type LiveState } from '../../live/reducer';
import {
  aCall,
  aCase,
  ago,
  anAgent,
  aPerson,
  aSnapshot,
  aTask,
  AT,
  iso,
  ME,
  OPTIONS,
  OTHER,
} from '../../testing/fixtures';
import { fakeServer, type FakeServer } from '../../testing/server';
import { Stage } from '../../testing/stage';
import { attention, inOrder } from './attention';
import { FloorPage } from './FloorPage';
import { OwnerMenu } from './OwnerMenu';
import { arrivals, moveError, movesOf, putToUs } from './ownership';

const SUPERVISOR = aPerson({
  role: 'supervisor',
  permissions: ['calls:take', 'calls:see', 'cases:read', 'cases:write', 'cases:assign', 'floor:watch', 'tasks:work'],
});

function aFloorCase(over: Partial<FloorCase> = {}): FloorCase {
  const none = { place: '施营', whole: false, holder: null, call_back_due_at: null, live_call: false };
  return { ...aCase({ owner_id: OTHER, owner_name: '刘洋' }), ...none, ...over };
}

const state = (data: Partial<SnapshotData>): LiveState =>
  reduceLive({ ...EMPTY, connection: 'open' }, { type: 'snapshot', seq: 1, data: aSnapshot(data) });

describe('who may move a case', () => {
  const mine = { state: 'owned' as const, owner_id: ME };
  const hers = { state: 'owned' as const, owner_id: OTHER };
  const nobodys = { state: 'new' as const, owner_id: null };
  test.each([
    ['an agent her own', aPerson(), mine, { take: false, give: true, free: true }],
    ['an agent a colleague’s', aPerson(), hers, { take: false, give: false, free: false }],
    [
      'an agent one that waits',
      aPerson(),
      { ...hers, state: 'waiting' as const },
      { take: true, give: false, free: false },
    ],
    ['an agent nobody’s', aPerson(), nobodys, { take: true, give: true, free: false }],
    ['a supervisor anybody’s', SUPERVISOR, hers, { take: true, give: true, free: true }],
    [
      'a supervisor what is over',
      SUPERVISOR,
      { ...hers, state: 'resolved' as const },
      { take: false, give: false, free: false },
    ],
    [
      'who writes no cases',
      aPerson({ permissions: ['calls:see'] }),
      nobodys,
      { take: false, give: false, free: false },
    ],
  ])('%s', (_, me, item, moves) => {
    expect(movesOf(me, item)).toEqual(moves);
  });
});

describe('what needs a supervisor', () => {
  const well = { agents: [anAgent()] };

  test('nothing, when somebody is free and nothing is late', () => {
    expect(attention(state(well), [aFloorCase({ owner_id: ME })], AT)).toEqual([]);
  });

  test('the gravest first: an SOS, nobody free, call-backs, cases, owners, pauses', () => {
    const live = state({
      calls: [aCall({ received_at: ago(11) })],
      agents: [
        anAgent({ id: 'p', name: '周', state: 'paused', since: ago(1800) }),
        anAgent({ id: 'q', state: 'paused', since: ago(1799) }),
        anAgent({ id: 't', name: '陈', state: 'talking', phone_ok: false }),
        anAgent({ id: OTHER, state: 'offline' }),
      ],
      tasks: [aTask({ id: 'a', due_at: ago(1) }), aTask({ id: 'b', due_at: ago(2) }), aTask({ id: 'c' })],
    });
    const cases = [
      aFloorCase({ id: 'free', owner_id: null, deadline_at: ago(0) }),
      aFloorCase({ id: 'later', owner_id: null, deadline_at: iso(AT + 1) }),
      aFloorCase({ id: 'onLine', owner_id: null, deadline_at: ago(9), live_call: true }),
      aFloorCase({ id: 'away' }),
    ];
    expect(attention(live, cases, AT)).toEqual([
      { kind: 'sosWaits', seconds: 11, callId: 'call-1' },
      { kind: 'nobodyFree', waiting: 1 },
      { kind: 'noTelephone', names: ['陈'] },
      { kind: 'taskOverdue', count: 2, taskId: 'b' },
      { kind: 'caseOverdue', count: 1, caseId: 'free' },
      { kind: 'ownerAway', count: 1, caseId: 'away' },
      { kind: 'longPause', agentId: 'p', name: '周', since: AT - 1_800_000 },
    ]);
    expect(attention(live, cases, AT - 1_001).map((matter) => matter.kind)).not.toContain('sosWaits');
  });

  test('cases that nobody owns stand first, then the graver, then what is due first', () => {
    const order = inOrder([
      aFloorCase({ id: 'normal', severity: 'N1', call_back_due_at: iso(AT) }),
      aFloorCase({ id: 'due later', severity: 'E0', call_back_due_at: iso(AT + 9) }),
      aFloorCase({ id: 'due', severity: 'E0', call_back_due_at: iso(AT + 8) }),
      aFloorCase({ id: 'nobodys', severity: 'N1', owner_id: null }),
    ]);
    expect(order.map((item) => item.id)).toEqual(['nobodys', 'due', 'due later', 'normal']);
  });
});

describe('what arrives', () => {
  const handed = { at: ago(1), by_id: OTHER, by_name: '黄志强', word: '请回访' };
  const before = state({ cases: [] });

  test('a case that somebody gave us, once', () => {
    const after = state({ cases: [aCase({ handed })] });
    expect(arrivals(before, after, ME)).toEqual([{ caseId: 'case-1', by: '黄志强', word: '请回访', number: 'C-1' }]);
    expect(arrivals(after, state({ cases: [aCase({ handed, version: 2 })] }), ME)).toEqual([]);
    expect(arrivals(EMPTY, after, ME)).toEqual([]);
  });

  test('not one that we gave to ourselves, or that a call brought', () => {
    expect(arrivals(before, state({ cases: [aCase()] }), ME)).toEqual([]);
    expect(arrivals(before, state({ cases: [aCase({ handed: { ...handed, by_id: ME } })] }), ME)).toEqual([]);
  });

  test('a call-back put to us, not one that we do', () => {
    const put = state({ tasks: [aTask({ owner_id: ME })] });
    expect(putToUs(before, put, ME)).toEqual(['task-1']);
    expect(putToUs(put, put, ME)).toEqual([]);
    expect(putToUs(before, state({ tasks: [aTask({ owner_id: ME, state: 'doing' })] }), ME)).toEqual([]);
  });
});

test('who was faster is named', () => {
  new Stage();
  expect(moveError(new ApiError('owner_changed', 409, '', { owner_name: '刘洋' }))).toBe('慢了一步：刘洋 已接手');
  expect(moveError(new ApiError('case_locked', 409, '', { holder_name: '陈静' }))).toBe('陈静 正在处理');
  expect(moveError(new ApiError('not_your_case', 403, ''))).toContain('这是别人负责的事件');
});

describe('the page', () => {
  let server: FakeServer;
  let stage: Stage;
  beforeEach(() => {
    server = fakeServer()
      .on('GET /api/options', OPTIONS)
      .on('GET /api/floor/cases', [aFloorCase()])
      .on('GET /api/handovers', []);
    stage = new Stage(SUPERVISOR);
    stage.tell({
      agents: [
        anAgent(),
        anAgent({ id: OTHER, name: '刘洋', state: 'paused', reason: 'meal', since: ago(2400), phone_ok: false }),
      ],
      tasks: [aTask({ due_at: ago(65) })],
    });
  });
  const show = (): void =>
    void stage.show(
      <App>
        <FloorPage />
      </App>,
    );

  test('says what needs her, who is here, and which cases are open', async () => {
    show();
    const row = await screen.findByTestId('floor-case-case-1');
    expect(row.textContent).toContain('刘洋');
    expect(screen.getByTestId('matter-longPause').textContent).toContain('刘洋 暂停了 40:00');
    expect(screen.getByTestId('matter-taskOverdue').textContent).toContain('1 个回拨已超时');
    const agent = screen.getByTestId(`floor-agent-${OTHER}`);
    expect(agent.textContent).toContain('用餐');
    expect(agent.textContent).toContain('不通');
    expect(within(agent).getByTestId(`end-pause-${OTHER}`)).toBeTruthy();
    expect(screen.queryByTestId(`end-pause-${ME}`)).toBeNull();
  });

  test('a case is taken over with the owner who was seen; who was faster is named', async () => {
    server.on(
      'POST /api/cases/case-1/take-over',
      { error: { code: 'owner_changed', message: '', details: { owner_name: '陈静' } } },
      409,
    );
    show();
    fireEvent.click(await screen.findByTestId('case-take'));
    expect(await screen.findByText('慢了一步：陈静 已接手')).toBeTruthy();
    expect(server.bodyOf('POST /api/cases/case-1/take-over')).toEqual({ seen_owner_id: OTHER });
  });

  test('cases that do not come are said to, with a way to ask again', async () => {
    server.refuse('GET /api/floor/cases', 'forbidden', 403);
    show();
    expect(await screen.findByText('未结事件没有取到')).toBeTruthy();
    server.on('GET /api/floor/cases', []);
    fireEvent.click(screen.getByRole('button', { name: '重 试' }));
    expect(await screen.findByText('没有未结事件')).toBeTruthy();
  });
});

describe('in the case’s head', () => {
  const detail = (over: Partial<CaseDetail> = {}): CaseDetail => ({
    ...aCase(),
    linked_case_id: null,
    elder: null,
    shared: [],
    entries: [],
    call: null,
    holder: null,
    tasks: [],
    last_cases: [],
    ...over,
  });
  const HOLD = 'POST /api/cases/case-1/hold';
  const show = (stage: Stage, over: Partial<CaseDetail> = {}): void =>
    void stage.show(
      <App>
        <OwnerMenu detail={detail(over)} />
      </App>,
    );

  test('an open case is held, once for all that is done in a quarter of a minute', async () => {
    const server = fakeServer().on(HOLD, { holder: null });
    show(new Stage());
    await waitFor(() => expect(server.routes()).toEqual([HOLD]));
    fireEvent.pointerDown(window);
    fireEvent.keyDown(window, { key: 'a' });
    expect(server.routes()).toEqual([HOLD]);
  });

  test('who else works on it is named until her lock ends', async () => {
    const server = fakeServer().on(HOLD, { holder: { user_id: OTHER, name: '陈静', until: iso(AT + 5_000) } });
    const stage = new Stage();
    show(stage);
    expect((await screen.findByTestId('case-held')).textContent).toBe('陈静 正在处理');
    server.on(HOLD, { holder: { user_id: ME, name: '坐席', until: iso(AT + 65_000) } });
    stage.pass(6);
    await waitFor(() => expect(screen.queryByTestId('case-held')).toBeNull());
    await waitFor(() => expect(server.routes()).toEqual([HOLD, HOLD]));
  });

  test('a colleague’s case and one that is over are not held', () => {
    const server = fakeServer();
    show(new Stage(), { owner_id: OTHER });
    show(new Stage(), { state: 'closed' });
    expect(server.routes()).toEqual([]);
  });

  test('how it came to us is said, with the word', () => {
    fakeServer().on(HOLD, { holder: null });
    show(new Stage(), { handed: { at: ago(1), by_id: OTHER, by_name: '黄志强', word: '请十点回访' } });
    expect(screen.getByTestId('case-handed').textContent).toContain('请十点回访');
  });

  test('giving it away needs somebody, and takes a word along', async () => {
    const server = fakeServer()
      .on(HOLD, { holder: null })
      .on('POST /api/cases/case-1/give', detail({ owner_id: OTHER }));
    const stage = new Stage();
    stage.tell({ agents: [anAgent(), anAgent({ id: OTHER, name: '刘洋', state: 'offline' })] });
    show(stage);
    fireEvent.click(screen.getByTestId('case-give'));
    const ok: HTMLButtonElement = await screen.findByTestId('give-ok');
    expect(ok.disabled).toBe(true);
    fireEvent.mouseDown(screen.getByLabelText('转给谁', { selector: 'input' }));
    fireEvent.click(await screen.findByText('刘洋 · 离线'));
    expect(screen.getByText('刘洋 现在不在线，上线后才会看到')).toBeTruthy();
    fireEvent.change(screen.getByTestId('give-word'), { target: { value: ' 请回访 ' } });
    fireEvent.click(ok);
    await waitFor(() =>
      expect(server.bodyOf('POST /api/cases/case-1/give')).toEqual({ to: OTHER, seen_owner_id: ME, word: '请回访' }),
    );
  });
});
