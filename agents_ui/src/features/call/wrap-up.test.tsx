import { fireEvent, screen, waitFor } from '@testing-library/react';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { aCall, anAgent, AT, iso, ME, OPTIONS } from '../../testing/fixtures';
import { fakeServer, type FakeServer } from '../../testing/server';
import { Stage } from '../../testing/stage';
import { PresenceMenu } from '../topbar/PresenceMenu';
import { CallColumn } from './CallColumn';
import { WrapUpPanel } from './WrapUpPanel';

const SAVE = 'POST /api/calls/call-1/wrap-up';

let server: FakeServer;
let stage: Stage;
beforeEach(() => {
  server = fakeServer().on('GET /api/options', OPTIONS).on(SAVE, { outcome: 'done', reason: '' });
  stage = new Stage();
});

const save = (): HTMLButtonElement => screen.getByTestId('wrapup-save');
const note = (): HTMLTextAreaElement => screen.getByTestId('wrapup-note');
const outcome = (code: string): Promise<HTMLElement> => screen.findByTestId(`wrapup-outcome-${code}`);
const show = (over: { talking?: boolean; until?: string | null } = {}) =>
  stage.show(<WrapUpPanel callId="call-1" talking={over.talking ?? false} until={over.until ?? null} />);

describe('wrap-up', () => {
  test('cannot be saved without an outcome, neither by click nor by key', async () => {
    show();
    await outcome('helped');
    expect(save().disabled).toBe(true);
    expect(screen.getByText('请选择结果')).toBeTruthy();
    fireEvent.change(note(), { target: { value: '跌倒' } });
    fireEvent.keyDown(note(), { key: 'Enter', ctrlKey: true });
    expect(server.routes()).not.toContain(SAVE);
  });

  test('is saved with its outcome and note, and then not asked for any more', async () => {
    stage.lastCall.talking(aCall());
    show();
    fireEvent.click(await outcome('helped'));
    fireEvent.change(note(), { target: { value: ' 跌倒 ' } });
    fireEvent.click(save());
    await waitFor(() => expect(stage.lastCall.get()?.wrappedUp).toBe(true));
    expect(server.bodyOf(SAVE)).toEqual({ outcome: 'helped', note: '跌倒' });
    expect(stage.notices.take()).toMatchObject([{ key: 'wrap-up-saved' }]);
  });

  test('is saved by Ctrl Enter; Enter alone is a new line', async () => {
    show();
    fireEvent.click(await outcome('helped'));
    fireEvent.keyDown(note(), { key: 'Enter' });
    expect(server.routes()).not.toContain(SAVE);
    fireEvent.keyDown(note(), { key: 'Enter', ctrlKey: true });
    await waitFor(() => expect(server.routes()).toContain(SAVE));
  });

  test('can be prepared while talking, and saved only after', async () => {
    const view = show({ talking: true });
    fireEvent.click(await outcome('helped'));
    expect(save().disabled).toBe(true);
    expect(screen.getByText('挂断后可保存')).toBeTruthy();
    view.rerender(<WrapUpPanel callId="call-1" talking={false} until={null} />);
    expect(save().disabled).toBe(false);
  });

  test('a failure says what happened and keeps outcome and note', async () => {
    server.refuse(SAVE, 'database_away', 503);
    show();
    fireEvent.click(await outcome('helped'));
    fireEvent.change(note(), { target: { value: '跌倒' } });
    fireEvent.click(save());
    expect(await screen.findByText(/数据库没有响应/)).toBeTruthy();
    expect(note().value).toBe('跌倒');
    expect((await outcome('helped')).getAttribute('aria-checked')).toBe('true');
    expect(save().disabled).toBe(false);
  });

  test('survives a reload until it is saved', async () => {
    show().unmount();
    const first = show();
    fireEvent.click(await outcome('false_alarm'));
    fireEvent.change(note(), { target: { value: '误按' } });
    first.unmount();
    show();
    expect(note().value).toBe('误按');
    expect((await outcome('false_alarm')).getAttribute('aria-checked')).toBe('true');
    expect((await outcome('helped')).getAttribute('aria-checked')).toBe('false');
  });

  test('shows what is left of its time, then what it is over', () => {
    show({ until: iso(AT + 5_000) });
    expect(screen.getByText('小结还剩 0:05')).toBeTruthy();
    stage.pass(8);
    expect(screen.getByText('小结超时 0:03')).toBeTruthy();
  });
});

describe('the column of the call', () => {
  const column = (): void => void stage.show(<CallColumn />);
  const talking = aCall({ state: 'talking', agent_id: ME, answered_at: iso(AT - 133_000) });

  test('without a call says why none would come', () => {
    stage.tell({ agents: [anAgent({ state: 'paused' })] });
    column();
    expect(screen.getByText('您已暂停接听，不会有来电分给您。')).toBeTruthy();
    expect(screen.queryByTestId('wrapup-save')).toBeNull();
  });

  test('while talking shows number, clock and keys', () => {
    stage.tell({ calls: [talking] });
    stage.leg({ stage: 'talking', talkingSince: 1 });
    column();
    expect(screen.getByTestId('call-panel').textContent).toContain('0710-345 6789');
    expect(screen.getByTestId('call-panel').textContent).toContain('2:13');
    fireEvent.click(screen.getByTestId('call-mute'));
    expect(stage.phone.setMuted).toHaveBeenCalledWith(true);
    fireEvent.click(screen.getByTestId('call-hangup'));
    expect(stage.hangUp).toHaveBeenCalledTimes(1);
  });

  test('muted says that nobody hears us', () => {
    stage.tell({ calls: [talking] });
    stage.leg({ stage: 'talking', muted: true });
    column();
    expect(screen.getByText('已静音，对方听不到您')).toBeTruthy();
  });

  test('in another window it says where the voice is, and mute is not offered', () => {
    stage.tell({ calls: [talking] });
    column();
    expect(screen.getByText('这通电话的声音在另一个窗口')).toBeTruthy();
    expect(screen.getByTestId<HTMLButtonElement>('call-mute').disabled).toBe(true);
  });

  test('with the socket silent the call of our telephone can still be ended', () => {
    stage.leg({ stage: 'talking', callId: null, talkingSince: Date.now() });
    column();
    expect(screen.getByTestId('call-state').textContent).toBe('通话中');
    expect(screen.getByTestId<HTMLButtonElement>('call-hold').disabled).toBe(true);
    expect(screen.getByTestId<HTMLButtonElement>('call-hangup').disabled).toBe(false);
  });

  test('holds and resumes by the server, and tells what was not done', async () => {
    const not = { outcome: 'not_done', reason: 'call_over' };
    server.on('POST /api/calls/call-1/hold', not).on('POST /api/calls/call-1/resume', not);
    stage.tell({ calls: [talking] });
    stage.leg({ stage: 'talking' });
    column();
    fireEvent.click(screen.getByTestId('call-hold'));
    await waitFor(() => expect(stage.notices.take()).toMatchObject([{ values: { reason: '通话已结束' } }]));
    stage.tell({ calls: [{ ...talking, state: 'held', on_hold: true }] });
    fireEvent.click(screen.getByTestId('call-hold'));
    await waitFor(() => expect(server.routes()).toContain('POST /api/calls/call-1/resume'));
  });

  test('digits go out by our leg, or by the server when the leg is in another window', async () => {
    server.on('POST /api/calls/call-1/digits', { outcome: 'done', reason: '' });
    stage.tell({ calls: [talking] });
    stage.leg({ stage: 'talking' });
    column();
    fireEvent.click(screen.getByTestId('call-keypad'));
    fireEvent.click(screen.getByTestId('digit-5'));
    expect(stage.phone.sendDigits).toHaveBeenCalledWith('5');
    stage.leg(null);
    fireEvent.click(screen.getByTestId('digit-#'));
    await waitFor(() => expect(server.bodyOf('POST /api/calls/call-1/digits')).toEqual({ digits: '#' }));
  });

  test('asks for the outcome of the last call even when its wrap-up has run out', () => {
    stage.lastCall.talking(aCall());
    stage.tell({ agents: [anAgent({ state: 'idle' })] });
    column();
    expect(screen.getByTestId('wrapup-save')).toBeTruthy();
  });
});

describe('the presence', () => {
  const menu = (): HTMLButtonElement => screen.getByTestId('presence-menu');
  const open = async (item: string): Promise<HTMLElement> => {
    fireEvent.click(menu());
    return screen.findByTestId(item);
  };
  const at = (state: 'idle' | 'paused' | 'talking', reason = ''): void => {
    stage.tell({ agents: [anAgent({ state, reason })] });
    stage.show(<PresenceMenu />);
  };

  test('a pause is chosen by its reason', async () => {
    server.on('POST /api/presence', { outcome: 'done', reason: '' });
    at('idle');
    expect(menu().textContent).toContain('空闲');
    await waitFor(() => expect(server.routes()).toContain('GET /api/options'));
    fireEvent.click(await open('presence-pause-meal'));
    await waitFor(() => expect(server.bodyOf('POST /api/presence')).toEqual({ state: 'paused', reason: 'meal' }));
  });

  test('shows for what we pause, in our language, and ends it', async () => {
    server.on('POST /api/presence', { outcome: 'done', reason: '' });
    at('paused', 'meal');
    await waitFor(() => expect(menu().textContent).toContain('暂停 · 用餐'));
    fireEvent.click(await open('presence-idle'));
    await waitFor(() => expect(server.bodyOf('POST /api/presence')).toEqual({ state: 'idle', reason: '' }));
  });

  test('who is idle already asks for nothing', async () => {
    at('idle');
    fireEvent.click(await open('presence-idle'));
    await vi.waitFor(() => expect(server.routes()).toContain('GET /api/options'));
    expect(server.routes()).not.toContain('POST /api/presence');
  });

  test.each([
    ['was not done', { outcome: 'not_done', reason: 'phone_not_ready' }, 200],
    ['was refused', { error: { code: 'phone_not_ready', message: '' } }, 409],
  ])('a change that %s is told', async (_, body, status) => {
    server.on('POST /api/presence', body, status);
    at('paused');
    fireEvent.click(await open('presence-idle'));
    await waitFor(() => expect(stage.notices.get()).toHaveLength(1));
    const [notice] = stage.notices.take();
    expect(notice?.text ?? notice?.values.reason).toBe('您的话机未就绪');
  });

  test('cannot be changed in a call, and says why', () => {
    at('talking');
    expect(menu().title).toBe('通话中不能更改状态');
    fireEvent.click(menu());
    expect(screen.queryByTestId('presence-idle')).toBeNull();
  });
});
