import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { MemoryRouter } from 'react-router';
import { beforeEach, expect, test, vi } from 'vitest';
import type { TrainingMessage } from '../../api/types';
import { fakeBrowser } from '../../testing/browser';
import { ACCOUNT, FakeJsSipLine, type FakeSession } from '../../testing/fake-line';
import { ago } from '../../testing/fixtures';
import { fakeServer, type FakeServer } from '../../testing/server';
import '../../testing/stage';
import { Ringer } from '../../phone/ringer';
import { TrainingPage } from './TrainingPage';
import { isTo } from './use-inbox';

vi.mock('../../phone/jssip-line', async () => ({
  JsSipLine: (await import('../../testing/fake-line')).FakeJsSipLine,
}));

const PHONE = 'POST /api/training/phone';
const MESSAGES = 'GET /api/training/messages';
const ELDER = '07103456789';
const STORE = '13901000002';
const LINES = { sos_number: '1234900', service_number: '12349', job_number: '1234901' };
const aMessage = (id: string, number: string, text: string): TrainingMessage => ({ id, at: ago(30), number, text });

let server: FakeServer;
beforeEach(() => {
  fakeBrowser();
  server = fakeServer()
    .on('GET /api/training/elders', [
      { name: '王桂兰', number: ELDER, others: ['13800006789'], what_for: 'alone' },
      { name: '仇德发', number: '07103451357', others: [], what_for: 'wandering' },
    ])
    .on('GET /api/training/stores', [{ name: '老李水电维修', number: STORE, contact: '李长江', place: '施营社区' }])
    .on('GET /api/training/others', {
      contacts: [{ name: '刘敏', number: '13900006781', relation: '女儿', elder_name: '王桂兰', has_key: false }],
      workers: [],
      agencies: [
        { agency: 'gas', number: '07103110000', label: '燃气' },
        { agency: '120', number: '120', label: '急救中心' },
      ],
    })
    .on(PHONE, { ...ACCOUNT, ...LINES })
    .on(MESSAGES, []);
});

/** The page, its telephone registered. */
async function show(path = '/training'): Promise<FakeJsSipLine> {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(<TrainingPage />, {
    wrapper: ({ children }) => (
      <QueryClientProvider client={queries}>
        <MemoryRouter initialEntries={[path]}>{children}</MemoryRouter>
      </QueryClientProvider>
    ),
  });
  return registered();
}
async function registered(lines = 1): Promise<FakeJsSipLine> {
  await waitFor(() => expect(FakeJsSipLine.all).toHaveLength(lines));
  act(() => FakeJsSipLine.last.handlers.onRegistration('registered'));
  return FakeJsSipLine.last;
}
const part = (id: string) => screen.getByTestId<HTMLButtonElement>(id);
const state = () => part('training-state').dataset['state'];
function rings(line: FakeJsSipLine): FakeSession {
  let session: FakeSession | undefined;
  act(() => void (session = line.invite(null, '12349')));
  return session as FakeSession;
}
function picksUp(session: FakeSession): void {
  fireEvent.click(part('training-answer'));
  act(() => session.accepted());
}

test('an elder presses; the keypad sends in a call only', async () => {
  const line = await show();
  expect(state()).toBe('idle');
  expect(part('training-key-1').disabled).toBe(true);
  fireEvent.keyDown(window, { key: '7' });
  fireEvent.click(part('training-sos'));
  const [call] = line.called;
  expect([call?.number, call?.headers]).toEqual(['1234900', [`X-OneKey-Caller: ${ELDER}`]]);
  expect(state()).toBe('connecting');
  act(() => call?.session.accepted());
  expect(state()).toBe('talking');
  fireEvent.click(part('training-key-1'));
  fireEvent.click(part('training-key-#'));
  expect(call?.session.digits).toBe('1#');
});

test('a worker calls the job line on it, and keys the code on the keyboard', async () => {
  const line = await show();
  fireEvent.click(part('training-job'));
  const [call] = line.called;
  expect(call?.number).toBe('1234901');
  act(() => call?.session.accepted());
  for (const key of ['4', '8', '2', '*', 'a', 'Enter']) fireEvent.keyDown(window, { key });
  fireEvent.keyDown(window, { key: '9', ctrlKey: true });
  fireEvent.keyDown(part('training-number'), { key: '5' }); // typed into a field
  expect(call?.session.digits).toBe('482*');
  expect(part('training-keyed').textContent).toBe('已按 482*');
});

test('without a job line its key says so', async () => {
  server.on(PHONE, { ...ACCOUNT, ...LINES, job_number: '' });
  await show();
  expect(part('training-job').disabled).toBe(true);
  expect(part('training-job').textContent).toContain('还没有签到专线');
});

test('a store rings, answers, keys 1; what was keyed is gone with the call', async () => {
  const line = await show('/training?as=store');
  expect(server.bodyOf(PHONE)).toEqual({ number: STORE });
  expect(screen.queryByTestId('training-sos')).toBeNull();
  const first = rings(line);
  expect(state()).toBe('ringing');
  picksUp(first);
  fireEvent.click(part('training-key-1'));
  expect([first.answered, first.digits]).toEqual([true, '1']);
  expect(part('training-keyed').textContent).toBe('已按 1');
  act(() => first.endedBy('remote'));
  expect(screen.getByText('对方已挂断')).toBeTruthy();
  picksUp(rings(line));
  expect(screen.queryByTestId('training-keyed')).toBeNull();
  fireEvent.click(part('training-hangup'));
  expect(state()).toBe('idle');
});

test('another part is another telephone; not in mid-call, which that would cut', async () => {
  const line = await show();
  const call = rings(line);
  picksUp(call);
  expect(screen.getByRole('tab', { name: '服务商' }).getAttribute('aria-disabled')).toBe('true');
  expect(screen.getByText('通话结束后才能换号码')).toBeTruthy();
  act(() => call.endedBy('remote'));
  fireEvent.click(screen.getByRole('tab', { name: '服务商' }));
  await registered(2);
  expect(line.stopped).toBe(true);
  expect(server.bodyOf(PHONE)).toEqual({ number: STORE });
  expect(screen.getByTestId(`training-store-${STORE}`).closest('label')?.textContent).toContain('李长江 · 施营社区');
});

test('where every store has a smartphone it is said, and a number can be entered', async () => {
  server.on('GET /api/training/stores', []);
  await show();
  fireEvent.click(screen.getByRole('tab', { name: '服务商' }));
  expect(screen.getByText(/还没有“不用智能手机”的服务商/)).toBeTruthy();
  fireEvent.change(part('training-number'), { target: { value: '139 0100 0009' } });
  fireEvent.click(part('training-use'));
  await waitFor(() => expect(server.bodyOf(PHONE)).toEqual({ number: '13901000009' }));
});

test('text messages: hers on all her numbers, everybody’s when asked; a new one ticks', async () => {
  const tick = vi.spyOn(Ringer.prototype, 'tick');
  const hers = aMessage('1', '138 0000 6789', '【一键通】服务码482913。');
  const his = aMessage('2', '139 0100 0002', '【一键通】登录验证码551204。');
  server.on(MESSAGES, [his, hers]);
  await show();
  expect((await screen.findByText('482913')).tagName).toBe('B');
  expect(screen.queryByText('551204')).toBeNull();
  fireEvent.click(screen.getByText('全部'));
  expect(await screen.findByText('551204')).toBeTruthy();
  fireEvent.click(screen.getByText('这个人的'));
  expect(tick).not.toHaveBeenCalled();

  server.on(MESSAGES, [aMessage('4', '139 0100 0002', '给别人的'), his, hers]);
  await waitFor(() => expect(server.routes().filter((one) => one === MESSAGES).length).toBeGreaterThan(1));
  server.on(MESSAGES, [aMessage('5', '0710-345 6789', '工单已取消'), his, hers]);
  expect(await screen.findByText('工单已取消')).toBeTruthy();
  expect(screen.getByText('新')).toBeTruthy();
  expect(tick).toHaveBeenCalledOnce();
});

test('no text messages yet, and some to others', async () => {
  server.on(MESSAGES, [aMessage('1', '139 0100 0002', '给别人的')]);
  await show();
  expect(await screen.findByText('还没有发到这里的短信')).toBeTruthy();
  expect(screen.getByText('别的号码收到了 1 条')).toBeTruthy();
});

test('a number is the same however it is written', () => {
  const message = aMessage('1', '0710-345 6789', '');
  expect(isTo(message, ['07103456789'])).toBe(true);
  expect(isTo(message, ['07103456780'])).toBe(false);
});

test('120 is played too: it is rung, and says that it is busy', async () => {
  const line = await show('/training?as=outside');
  expect(part('training-outside-120')).toBeTruthy();
  const session = rings(line);
  expect(state()).toBe('ringing');
  fireEvent.click(part('training-busy'));
  expect(session.over).toBe('declined');
});
