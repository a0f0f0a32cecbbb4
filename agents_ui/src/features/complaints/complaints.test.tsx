import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { App } from 'antd';
import { beforeEach, describe, expect, test } from 'vitest';
import { AT, iso, aPerson } from '../../testing/fixtures';
import { fakeServer, type FakeServer } from '../../testing/server';
import { Stage } from '../../testing/stage';
import { actsOf, inColumns, leftOf } from './columns';
import { Board } from './Board';
import { Detail } from './Detail';
import type { Complaint } from './queries';
import { cameFrom, concerns } from './words';

const HOUR = 3_600_000;
const ONE: Complaint = {
  id: 'k1', version: 2, number: 'T261126-0001', state: 'opened', source: 'rating', case_id: 'c1', case_number: '261126-0001', own_case: false,
  order_id: 'o1', order_number: 'D261126-0001', elder_id: 'e1', elder_name: '王**', community_id: 'r1', place: '施营', store_id: 's1',
  store_name: '张姐家政', agent_id: null, agent_name: '', rating: 1, words: '', opened_at: iso(AT - 2 * HOUR), opened_by_name: '',
  acknowledge_by: iso(AT - HOUR), solve_by: iso(AT + 60 * HOUR), waits_for: 'acknowledge', due_at: iso(AT - HOUR), overdue: true, level: 2,
  handler_id: null, handler_name: '', acknowledged_at: null, solved_at: null, solution: '', ended_at: null, ended_by_name: '', rounds: 0,
  plan_id: null, whole: false, concerned: false,
}; // prettier-ignore
const MINE: Complaint = {
  ...ONE, version: 3, state: 'acknowledged', handler_id: 'agent-1', handler_name: '陈静', whole: true, elder_name: '王桂兰', words: '迟到两小时',
  waits_for: 'solve', due_at: iso(AT + 60 * HOUR), overdue: false, level: 0, acknowledged_at: iso(AT),
}; // prettier-ignore
const READER = { id: 'agent-1', works: true, decides: false };

let server: FakeServer;
beforeEach(() => {
  server = fakeServer();
});
function stage(ui: React.ReactNode): Stage {
  const made = new Stage(aPerson({ id: 'agent-1', permissions: ['outreach:read', 'outreach:work', 'calls:see'] }));
  made.show(<App>{ui}</App>);
  return made;
}

describe('the board', () => {
  test('each state has one column; what is due first stands first, what ended last of those over', () => {
    const later = { ...ONE, id: 'k2', due_at: iso(AT + HOUR) };
    const ended = (id: string, at: number): Complaint => ({
      ...ONE,
      id,
      state: 'confirmed',
      due_at: null,
      ended_at: iso(at),
    });
    const columns = inColumns([later, ONE, ended('k3', AT - HOUR), { ...ended('k4', AT), state: 'withdrawn' }, MINE]); // prettier-ignore
    expect(columns.map(({ key, complaints }) => [key, complaints.map((one) => one.id)])).toEqual([
      ['opened', ['k1', 'k2']],
      ['acknowledged', ['k1']],
      ['solved', []],
      ['over', ['k4', 'k3']],
    ]);
  });

  test.each([
    ['acknowledge', 20 * 60_000, 'left'],
    ['acknowledge', 10 * 60_000, 'near'],
    ['solve', 3 * HOUR, 'near'],
    ['solve', 60 * HOUR, 'far'],
    ['solve', -1000, 'late'],
  ] as const)('%s with %d ms left is %s', (waits_for, left, kind) => {
    expect(leftOf({ waits_for, due_at: iso(AT + left) }, AT)).toEqual({ kind, ms: Math.abs(left) });
  });

  test('nothing is due while it waits for her word', () => {
    expect(leftOf({ waits_for: null, due_at: null }, AT).kind).toBe('none');
  });

  test('an overdue one says by how much, and how high it went', () => {
    stage(<Board complaints={[ONE]} chosen={null} onChoose={() => undefined} onEarlier={null} />);
    const card = within(screen.getByTestId('complaint-T261126-0001'));
    expect(card.getByText('受理超时 1:00:00')).toBeTruthy();
    expect(card.getByText('已报管理员')).toBeTruthy();
    expect(card.getByText('回访评分 1 · 很不满意')).toBeTruthy();
  });
});

describe('what may be done', () => {
  const can = (complaint: Complaint, reader = READER): string[] =>
    Object.entries(actsOf(complaint, reader))
      .filter(([, may]) => may)
      .map(([act]) => act);
  const solved: Complaint = { ...MINE, state: 'solved', waits_for: null, due_at: null };

  test('one that nobody has is taken, one of hers is solved', () => {
    expect(can(ONE)).toEqual(['take']);
    expect(can(MINE)).toEqual(['solve', 'withdraw']);
    expect(can({ ...ONE, handler_id: 'another' })).toEqual([]);
  });

  test('whom it is about does nothing with it', () => {
    expect(can({ ...ONE, concerned: true, whole: true }, { ...READER, decides: true })).toEqual([]);
  });

  test('her answer is written by whoever sees her whole; a supervisor closes only what another has solved', () => {
    expect(can(solved)).toEqual(['answer', 'withdraw']);
    expect(can({ ...solved, whole: false })).toEqual([]);
    expect(can(solved, { ...READER, decides: true })).toEqual(['answer', 'withdraw']);
    expect(can({ ...solved, handler_id: 'another' }, { ...READER, decides: true })).toEqual([
      'answer',
      'withdraw',
      'close',
    ]);
  });
});

test('it is taken with one click, and shows her words from then on', async () => {
  server.on('GET /api/complaints/k1', ONE).on('POST /api/complaints/k1/acknowledge', MINE);
  stage(<Detail complaintId="k1" version={2} />);
  expect(await screen.findByText('受理以后，才能看到老人的姓名和原话。')).toBeTruthy();
  fireEvent.click(screen.getByTestId('complaint-take'));
  expect((await screen.findByTestId('complaint-words')).textContent).toBe('迟到两小时');
  expect(screen.getByTestId('complaint-solution')).toBeTruthy();
});

test('her handler says what was done, in words', async () => {
  server.on('GET /api/complaints/k1', MINE);
  server.on('POST /api/complaints/k1/solve', { ...MINE, version: 4, state: 'solved', waits_for: null, due_at: null });
  stage(<Detail complaintId="k1" version={3} />);
  expect((await screen.findByTestId('complaint-words')).textContent).toBe('迟到两小时');
  expect(screen.getByTestId<HTMLButtonElement>('complaint-solve').disabled).toBe(true);
  fireEvent.change(screen.getByTestId('complaint-solution'), { target: { value: ' 重新擦了窗 ' } });
  fireEvent.click(screen.getByTestId('complaint-solve'));
  await waitFor(() => expect(server.bodyOf('POST /api/complaints/k1/solve')).toEqual({ solution: '重新擦了窗' }));
});

test('whom it is about is told kindly, here and by the server', async () => {
  server.on('GET /api/complaints/k1', { ...ONE, concerned: true }).on('GET /api/complaints/k2', { ...ONE, id: 'k2' });
  server.refuse('POST /api/complaints/k2/acknowledge', 'concerned', 409);
  stage(<><Detail complaintId="k1" version={2} /><Detail complaintId="k2" version={2} /></>); // prettier-ignore
  expect((await screen.findByTestId('complaint-concerned')).textContent).toContain('请交给同事来处理');
  fireEvent.click(await screen.findByTestId('complaint-take'));
  expect(await screen.findByText('投诉与本人有关，要由别的同事处理')).toBeTruthy();
});

test('words', () => {
  stage(null);
  expect(concerns(ONE)).toBe('张姐家政');
  expect(cameFrom({ source: 'family', rating: null })).toBe('家属');
});
