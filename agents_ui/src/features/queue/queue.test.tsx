import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, test } from 'vitest';
import { ApiError } from '../../api/errors';
import { aCall, aCase, ago, anAgent, aPerson, aTask, AT, iso, ME, OTHER } from '../../testing/fixtures';
import { fakeServer } from '../../testing/server';
import { Stage } from '../../testing/stage';
import { QueueColumn } from './QueueColumn';

let stage: Stage;
beforeEach(() => {
  stage = new Stage();
});
const show = (): void => void stage.show(<QueueColumn />);
const item = (id: string): HTMLElement => screen.getByTestId(`queue-item-${id}`);

describe('who waits', () => {
  const service = aCall({ id: 'service', kind: 'service', severity: 'N1', received_at: ago(31) });
  const sos = aCall({ id: 'sos', received_at: ago(7) });

  test('nobody: said in words', () => {
    show();
    expect(screen.getByText('没有人在等待')).toBeTruthy();
    expect(screen.getByTestId('waiting-count').textContent).toBe('0');
  });

  test('an SOS stands first, however long others have waited', () => {
    stage.tell({ calls: [service, sos] });
    show();
    const order = screen.getAllByTestId(/^queue-item-/).map((row) => row.dataset.testid);
    expect(order).toEqual(['queue-item-sos', 'queue-item-service']);
    expect(screen.getByTestId('waiting-count').textContent).toBe('2');
    expect(item('sos').textContent).toContain('SOS');
    expect(item('service').textContent).toContain('服务');
  });

  test('the clock runs, turning amber and then red', () => {
    stage.tell({ calls: [{ ...sos, received_at: iso(AT) }] });
    show();
    expect(item('sos').textContent).toContain('0:00');
    expect(item('sos').className).toContain('queue-item-fresh');
    stage.pass(6);
    expect(item('sos').textContent).toContain('0:06');
    expect(item('sos').className).toContain('queue-item-warn');
    stage.pass(6);
    expect(item('sos').textContent).toContain('0:12');
    expect(item('sos').className).toContain('queue-item-late');
  });

  test.each([
    ['nobody is free', { state: 'queued' as const }, '无空闲坐席'],
    ['a colleague is rung', { ringing: [OTHER] }, '振铃中'],
    ['we are rung', { ringing: [OTHER, ME] }, '正在呼叫您'],
    ['the PBX does it alone', { state: 'dialplan' as const }, '交换机直接处理'],
  ])('says that %s', (_, over, text) => {
    stage.tell({ calls: [{ ...sos, ...over }] });
    show();
    expect(within(item('sos')).getByText(text)).toBeTruthy();
  });

  test('an unknown caller is shown by number, a withheld one as such', () => {
    const unknown = { elder_name: '', elder_age: null, place: '' };
    stage.tell({
      calls: [
        { ...sos, ...unknown },
        { ...service, ...unknown, caller_number: '' },
      ],
    });
    show();
    expect(item('sos').textContent).toContain('未知号码');
    expect(item('sos').textContent).toContain('0710-345 6789');
    expect(item('service').textContent).toContain('未显示号码');
  });
});

describe('call-backs', () => {
  const row = (): HTMLElement => screen.getByTestId('callback-item-task-1');
  const call = (): HTMLButtonElement => screen.getByTestId('callback-call');

  test('what is left runs down, then how much it is over', () => {
    stage.tell({ tasks: [aTask({ due_at: iso(AT + 5_000) })] });
    show();
    expect(row().textContent).toContain('剩 0:05');
    expect(screen.queryByText(/超时/)).toBeNull();
    stage.pass(8);
    expect(row().textContent).toContain('超 0:03');
    expect(screen.getByText('超时 1')).toBeTruthy();
  });

  test('calling rings us and brings the case to the middle', async () => {
    stage.tell({ tasks: [aTask()] });
    show();
    fireEvent.click(call());
    await waitFor(() => expect(stage.focus.get().caseId).toBe('case-9'));
    expect(stage.callBack).toHaveBeenCalledWith('task-1');
  });

  test('a refusal is told in words', async () => {
    stage.callBack.mockRejectedValue(new ApiError('agent_busy', 409, 'busy'));
    stage.tell({ tasks: [aTask()] });
    show();
    fireEvent.click(call());
    await waitFor(() => expect(stage.notices.get()[0]?.text).toBe('您正在通话中'));
    expect(stage.focus.get().caseId).toBeNull();
  });

  test.each([
    ['we talk', { calls: [aCall({ state: 'talking', agent_id: ME })], tasks: [aTask()] }],
    ['a colleague is at it', { tasks: [aTask({ state: 'doing', owner_id: OTHER })] }],
    ['there is no number', { tasks: [aTask({ caller_number: '' })] }],
  ])('cannot be started while %s', (_, data) => {
    stage.tell(data);
    show();
    expect(call().disabled).toBe(true);
  });

  test('cannot be started while our telephone is not ready', () => {
    stage.phone.update((state) => ({ ...state, registration: 'failed' }));
    stage.tell({ tasks: [aTask()] });
    show();
    expect(call().disabled).toBe(true);
  });

  test('a message that was left can be heard', () => {
    stage.tell({ tasks: [aTask({ has_recording: true, reason: 'fallback_message' })] });
    show();
    expect(row().textContent).toContain('留言');
    expect(screen.getByTestId('callback-recording').getAttribute('src')).toBe('/api/tasks/task-1/recording');
  });

  test('one that needs no call needs a reason, and keeps the words when saving fails', async () => {
    const server = fakeServer().refuse('POST /api/tasks/task-1/done', 'database_away', 503);
    stage.tell({ tasks: [aTask()] });
    show();
    fireEvent.click(screen.getByTestId('callback-done'));
    const note: HTMLTextAreaElement = await screen.findByTestId('callback-done-note');
    const save: HTMLButtonElement = screen.getByRole('button', { name: '保 存' });
    expect(save.disabled).toBe(true);
    fireEvent.change(note, { target: { value: '  ' } });
    expect(save.disabled).toBe(true);
    fireEvent.change(note, { target: { value: ' 家属已来电 ' } });
    fireEvent.click(save);
    expect(await screen.findByText(/数据库没有响应/)).toBeTruthy();
    expect(server.bodyOf('POST /api/tasks/task-1/done')).toEqual({ note: '家属已来电' });
    expect(note.value).toBe(' 家属已来电 ');
  });
});

describe('my cases', () => {
  test('the newest on top; a click opens one and marks it', () => {
    stage.tell({ cases: [aCase({ id: 'old', opened_at: ago(900) }), aCase({ id: 'new', opened_at: ago(9) })] });
    show();
    const rows = screen.getAllByTestId(/^case-item-/);
    expect(rows.map((row) => row.dataset.testid)).toEqual(['case-item-new', 'case-item-old']);
    fireEvent.click(screen.getByTestId('case-item-old'));
    expect(stage.focus.get().caseId).toBe('old');
    expect(screen.getByTestId('case-item-old').getAttribute('aria-current')).toBe('true');
  });
});

test('colleagues who are offline are not listed, the others with what they do and since when', () => {
  stage.tell({
    agents: [
      anAgent({ name: '我' }),
      anAgent({ id: 'a2', name: '李', state: 'talking', since: ago(75) }),
      anAgent({ id: 'a3', state: 'offline' }),
    ],
  });
  show();
  const rows = screen.getAllByTestId(/^agent-/);
  expect(rows.map((row) => row.dataset.testid)).toEqual(['agent-a2', `agent-${ME}`]);
  expect(rows[0]?.textContent).toContain('通话 1:15');
});

test('who may neither call back nor read cases does not see those lists', () => {
  stage = new Stage(aPerson({ permissions: ['calls:see'] }));
  stage.tell({ tasks: [aTask()], cases: [aCase()] });
  show();
  expect(screen.queryByText('待回拨')).toBeNull();
  expect(screen.queryByText('我的事件')).toBeNull();
  expect(screen.getByText('等待接听')).toBeTruthy();
});
