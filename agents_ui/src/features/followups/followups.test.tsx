import { fireEvent, screen, waitFor } from '@testing-library/react';
import { App } from 'antd';
import { beforeEach, describe, expect, test } from 'vitest';
import { AT, iso, aPerson } from '../../testing/fixtures';
import { fakeServer, type FakeServer } from '../../testing/server';
import { Stage } from '../../testing/stage';
import { Draw } from './Draw';
import { FollowUpDetailView } from './FollowUpDetailView';
import { FollowUpTable } from './FollowUpTable';
import type { FollowUpDetail } from './queries';
import { about, ended, pressedText } from './words';

const PLAN: FollowUpDetail = {
  id: 'p1', version: 3, purpose: 'job', way: 'person', why: 'first_order', state: 'by_person', elder_id: 'e1', elder_name: '王桂兰', elder_age: 78,
  place: '樊城·中原·施营', whole: true, item: '日常保洁', case_id: 'c1', case_number: '261126-0001', order_id: 'o1', order_number: 'D261126-0001',
  store_name: '张姐家政', planned_at: iso(AT - 3_600_000), due_at: iso(AT - 90_000), attempts: 1, owner_id: 'agent-1', owner_name: '陈静', result: null,
  rating: null, keyed: '', drop_reason: null, done_at: null, done_by: '', sample_no: null, texted: null, note: '', complaint_number: '',
  numbers: [{ position: 1, text: '0710-345 6789', label: '座机' }],
  called: [],
  tried: [{
    number: 1, state: 'spoken', asked_at: iso(AT - 60_000), answered_at: iso(AT - 50_000), ended_at: iso(AT - 40_000), recordings: [],
    pressed: [{ at: iso(AT - 45_000), kind: 'keys', key: '2', meaning: 'rated_2' }, { at: iso(AT - 44_000), kind: 'silence', key: '', meaning: '' }],
  }],
}; // prettier-ignore
let server: FakeServer;
beforeEach(() => {
  server = fakeServer().on('GET /api/follow-ups/p1', PLAN);
});

function stage(ui: React.ReactNode): Stage {
  const made = new Stage(aPerson({ id: 'agent-1', permissions: ['outreach:read', 'outreach:work', 'calls:see'] }));
  made.show(<App>{ui}</App>);
  return made;
}

describe('one planned call', () => {
  test('tells what was keyed and what it means, and calls her by a click', async () => {
    const made = stage(<FollowUpDetailView planId="p1" version={3} />);
    expect(await screen.findByText(/按 2 = 不满意/)).toBeTruthy();
    fireEvent.click(screen.getByTestId('follow-up-call-1'));
    await waitFor(() => expect(made.callFollowUp).toHaveBeenCalledWith('p1', 1));
  });

  test('a bad rating says that it opens a complaint, and is sent with her words', async () => {
    server.on('POST /api/follow-ups/p1/finish', { ...PLAN, version: 4, state: 'done', result: 'spoken', rating: 2 });
    stage(<FollowUpDetailView planId="p1" version={3} />);
    fireEvent.click(await screen.findByTestId('follow-up-rate-2'));
    fireEvent.change(screen.getByTestId('follow-up-note'), { target: { value: '迟到一小时' } });
    fireEvent.click(screen.getByText('登记投诉并完成'));
    await waitFor(() =>
      expect(server.bodyOf('POST /api/follow-ups/p1/finish')).toEqual({
        result: 'spoken',
        rating: 2,
        note: '迟到一小时',
      }),
    );
  });

  test('whoever was not reached is not asked for a rating', async () => {
    stage(<FollowUpDetailView planId="p1" version={3} />);
    fireEvent.click(await screen.findByText('没联系上'));
    expect(screen.queryByTestId('follow-up-rate-5')).toBeNull();
  });
});

test('the list tells why a person calls, and what it is over by', () => {
  stage(<FollowUpTable look="people" items={[PLAN]} chosen={null} onChoose={() => undefined} />);
  expect(screen.getByText('第一次用服务')).toBeTruthy();
  expect(screen.getByText('超时 1:30')).toBeTruthy();
});

test('a row tells that she was written to and what she answered, in words only to who may see her', () => {
  const asked = { state: 'delivered' as const, due_at: iso(AT - 90_000), sent_at: iso(AT - 80_000), replies: [] };
  const words = { at: iso(AT - 70_000), read_as: 'words', text: '下次早点来', counted: true };
  const late = { at: iso(AT - 60_000), read_as: 'rated_5', text: '5', counted: false };
  const rows: FollowUpDetail[] = [
    { ...PLAN, id: 'p2', state: 'messaged', texted: asked },
    { ...PLAN, id: 'p3', texted: asked },
    { ...PLAN, id: 'p4', texted: { ...asked, replies: [words, late] } },
    { ...PLAN, id: 'p5', texted: { ...asked, replies: [{ ...words, text: '' }] } },
    { ...PLAN, id: 'p6', texted: { ...asked, state: 'failed' } },
  ];
  stage(<FollowUpTable look="people" items={rows} chosen={null} onChoose={() => undefined} />);
  for (const said of [
    '已发短信，等回复',
    '已发短信，没回',
    '短信回复：下次早点来',
    '短信回复：回了一句话',
    '短信没发出去',
  ])
    expect(screen.getByText(said)).toBeTruthy();
});

test('the history tells each reply, and which one counted', async () => {
  const replies = [
    { at: iso(AT - 70_000), read_as: 'rated_2', text: '2，地没擦', counted: true },
    { at: iso(AT - 60_000), read_as: 'rated_5', text: '5', counted: false },
  ];
  const texted = { state: 'sent' as const, due_at: iso(AT - 90_000), sent_at: iso(AT - 80_000), replies };
  server.on('GET /api/follow-ups/p1', { ...PLAN, texted });
  stage(<FollowUpDetailView planId="p1" version={3} />);
  expect((await screen.findByTestId('texted')).textContent).toMatch(/2 · 不满意 “2，地没擦”.*5 · 很满意 “5” （晚到/);
});

test('the draw names what is not as it should be', async () => {
  server.on('GET /api/follow-ups/draw', {
    seed: 's', percent: 10, since: null, numbers: 30, drawn: 4, wrong: [5], missing: [7],
  }); // prettier-ignore
  stage(<Draw />);
  expect(await screen.findByText('有 1 个编号和重算的不一致：5')).toBeTruthy();
  expect(screen.getByText('缺 1 个编号：7')).toBeTruthy();
});

test('words', () => {
  stage(null);
  expect(about(PLAN)).toBe('日常保洁 · 张姐家政');
  expect(about({ ...PLAN, item: '', store_name: '' })).toBe('服务回访');
  expect(ended({ ...PLAN, rating: 2 })).toBe('2 · 不满意');
  expect(ended({ ...PLAN, state: 'dropped', drop_reason: 'no_number' })).toBe('没有电话号码');
  expect(pressedText({ at: '', kind: 'keys', key: '7', meaning: '' })).toBe('按 7 = 没有这个选项');
});
