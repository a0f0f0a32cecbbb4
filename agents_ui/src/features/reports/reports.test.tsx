import { fireEvent, screen, waitFor } from '@testing-library/react';
import { beforeEach, describe, expect, test } from 'vitest';
import type { FigureView, Report, Wallboard } from '../../api/types';
import { aCall, ago, anAgent, aPerson, aTask, AT, iso } from '../../testing/fixtures';
import { fakeServer, type FakeServer } from '../../testing/server';
import { Stage } from '../../testing/stage';
import { WallboardPage } from '../wallboard/WallboardPage';
import { ReportsPage } from './ReportsPage';
import { dayOf, percent, timeOf } from './words';

const words = (zh: string) => ({ zh, en: 'x' });
function aFigure(over: Partial<FigureView> = {}): FigureView {
  return {
    key: 'sos_10',
    kind: 'sos',
    seconds: 10,
    title: words('SOS 10 秒内接通'),
    formula: words('怎么算'),
    source: words('本中心目标'),
    target: 0.95,
    value: 0.9496,
    n: 9,
    of: 10,
    met: false,
    excluded: [{ why: 'short_hang_up', n: 2, words: words('5 秒内自行挂断') }],
    hours: Array.from({ length: 24 }, (_, hour) => ({ n: hour === 8 ? 9 : 0, of: hour === 8 ? 10 : 0 })),
    ...over,
  };
}
const total = { received: 12, sos: 10, answered: 9, within_10: 9, within_15: 9, missed: 3, short: 2 };
const report: Report = {
  first: '2026-03-02',
  last: '2026-03-02',
  timezone: 'Asia/Shanghai',
  centre_name: '襄阳',
  made_at: iso(AT),
  complete: false,
  total,
  by_kind: {},
  waits: {},
  answered_by_duty: 1,
  in_fallback: 0,
  disagreeing: 0,
  figures: [aFigure(), aFigure({ key: 'service_10', target: null, source: null, value: null, n: 0, of: 0, met: null, excluded: [] })],
  hours: [],
  days: [],
  agents: [],
  places: [],
  missed: [
    {
      call_id: 'c1', case_id: null, case_number: '260302-1001', kind: 'sos', received_at: iso(AT), waited: 20.4, short: false,
      elder_name: '王**', caller_number: '0710-345****', place: '施营', became: 'nothing', after: null,
    },
  ],
}; // prettier-ignore

let server: FakeServer;
let stage: Stage;
beforeEach(() => {
  server = fakeServer();
  server.on('GET /api/reports/presses', []);
  stage = new Stage(aPerson({ role: 'supervisor', permissions: ['calls:see', 'floor:watch', 'reports:read'] }));
});

test('a share is cut, never rounded up to its target', () => {
  expect([0.9496, 0.95, 0.9999, 1, 0.29].map((value) => percent(value))).toEqual([
    '94.9%',
    '95.0%',
    '99.9%',
    '100.0%',
    '29.0%',
  ]);
  expect(percent(null)).toBe('–');
});

test('days and times are the centre’s, whatever this machine’s clock says', () => {
  expect(dayOf(Date.parse('2026-03-01T16:30:00Z'), 'Asia/Shanghai')).toBe('2026-03-02');
  expect(timeOf('2026-03-01T16:30:05Z', 'Asia/Shanghai')).toBe('00:30:05');
});

describe('the report', () => {
  test('says every figure with its numbers, target, source and what was left out', async () => {
    server.on('GET /api/reports', report);
    stage.show(<ReportsPage />);
    const card = await screen.findByTestId('figure-sos_10');
    for (const part of ['94.9%', '9 / 10', '✗ 未达标', '目标 ≥95%，本中心目标', '未计入：5 秒内自行挂断 2'])
      expect(card.textContent).toContain(part);
    const empty = screen.getByTestId('figure-service_10');
    expect(empty.textContent).toContain('–');
    expect(empty.textContent).not.toContain('达标');
    expect(screen.getByTestId('missed').textContent).toContain('没有后续，请查');
    expect(screen.getByTestId('report').textContent).toContain('当天还没有结束');
    expect(screen.getByTestId('report-pdf').getAttribute('href')).toBe(
      '/api/reports/pdf?first=2026-03-02&last=2026-03-02&language=zh',
    );
  });

  test('a figure opens the calls behind it', async () => {
    server.on('GET /api/reports', report).on('GET /api/reports/behind/sos_10', [
      {
        call_id: 'c1', case_id: 'k1', case_number: '260302-1001', kind: 'sos', received_at: iso(AT), waited: 20.46,
        fate: 'not_met', agent_name: '陈静', elder_name: '王**', caller_number: '', place: '施营',
      },
    ]); // prettier-ignore
    stage.show(<ReportsPage />);
    fireEvent.click(await screen.findByTestId('figure-sos_10'));
    const list = await screen.findByTestId('behind');
    expect(list.textContent).toContain('✗ 没达到');
    expect(list.textContent).toContain('20.4 秒');
    fireEvent.click(screen.getByText('260302-1001', { selector: 'button' }));
    expect(stage.focus.get().caseId).toBe('k1');
  });

  test('every night says whether each press is accounted for, and leads to the cases', async () => {
    const night = { made_at: iso(AT), presses: 12, calls: 12, cases: 9, found: 0, differences: [] };
    const difference = {
      at: '2026-03-02T16:30:05Z', pbx: 'pbx1', channel_id: '1.1', call_ids: [], case_id: null, case_number: '', caller_number: '', count: 1,
    }; // prettier-ignore
    server.on('GET /api/reports', report).on('GET /api/reports/presses', [
      {
        ...night,
        day: '2026-03-03',
        found: 3,
        differences: [
          { ...difference, cause: 'press_without_call', caller_number: '07103459876' },
          { ...difference, cause: 'case_left_alone', case_id: 'k1', case_number: '260302-1001' },
        ],
      },
      { ...night, day: '2026-03-02' },
    ]);
    stage.show(<ReportsPage />);
    const panel = await screen.findByTestId('presses');
    await waitFor(() => expect(panel.textContent).toContain('✓ 12 次来电，全部有着落'));
    for (const part of ['✗ 12 次来电，3 处对不上', '00:30:05', '请回拨', '期限已过', '另有 1 处没有列出'])
      expect(panel.textContent).toContain(part);
    fireEvent.click(screen.getByText('260302-1001', { selector: '[data-testid="presses"] button' }));
    expect(stage.focus.get().caseId).toBe('k1');
  });

  test('one that does not come says why and can be asked for again', async () => {
    server.refuse('GET /api/reports', 'forbidden', 403);
    stage.show(<ReportsPage />);
    expect(await screen.findByText('报表没有取到')).toBeTruthy();
    server.on('GET /api/reports', report);
    fireEvent.click(screen.getByRole('button', { name: '重 试' }));
    expect(await screen.findByTestId('report')).toBeTruthy();
  });
});

describe('the wallboard', () => {
  const board: Wallboard = {
    day: '2026-03-02',
    timezone: 'Asia/Shanghai',
    made_at: iso(AT),
    centre_name: '襄阳呼叫中心',
    total,
    figures: [aFigure()],
    missed_hours: Array.from({ length: 24 }, () => 0),
    open_cases: { E0: 3, U1: 0, U2: 0, N1: 1, N2: 0 },
    nobodys_cases: 2,
    self_test: null,
    overdue_cases: 1,
    places: [],
  };

  test('shows who waits, who is there, and how well it went', async () => {
    server.on('GET /api/wallboard', board);
    stage.tell({
      calls: [
        aCall({ received_at: ago(12) }),
        aCall({ id: 'b', kind: 'service', severity: 'N1', received_at: ago(3) }),
      ],
      agents: [anAgent({ state: 'talking' }), anAgent({ id: 'x', state: 'paused' })],
      tasks: [aTask({ due_at: ago(5) })],
    });
    stage.show(<WallboardPage />);
    await screen.findByText('襄阳呼叫中心');
    const waiting = screen.getByTestId('board-waiting');
    expect(waiting.textContent).toContain('2');
    expect(waiting.textContent).toContain('最久 0:12');
    expect(waiting.className).toContain('board-tone-late');
    expect(screen.getByTestId('board-agents').textContent).toContain('0空闲');
    expect(screen.getByTestId('board-overdue').textContent).toContain('1');
    const figure = screen.getByTestId('board-sos_10');
    expect(figure.textContent).toContain('94.9%✗');
    expect(figure.textContent).toContain('9 / 10 · 目标 95% · 另列 2');
    expect(screen.queryByTestId('board-warning')).toBeNull();
  });

  test('what is lost or old is said, and what was known stays', async () => {
    server.on('GET /api/wallboard', board);
    stage.tell({});
    stage.show(<WallboardPage />);
    await screen.findByTestId('board-sos_10');
    stage.live.dispatch({ type: 'connection', connection: 'lost', at: AT });
    await waitFor(() => expect(screen.getByTestId('board-warning').textContent).toContain('连接中断'));
    stage.tell({});
    await waitFor(() => expect(screen.queryByTestId('board-warning')).toBeNull());
    server.silent('GET /api/wallboard');
    stage.pass(46);
    expect(screen.getByTestId('board-warning').textContent).toContain('今日指标停在');
    expect(screen.getByTestId('board-sos_10')).toBeTruthy();
  });
});
