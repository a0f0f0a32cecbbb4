import { fireEvent, screen, waitFor } from '@testing-library/react';
import { App } from 'antd';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Permission } from '../../api/types';
import { AT, iso, aPerson } from '../../testing/fixtures';
import { fakeServer, type FakeServer } from '../../testing/server';
import { Stage } from '../../testing/stage';
import { EmergencyTable } from './EmergencyTable';
import { SheetsTab } from './SheetsTab';
import type { EmergencyLine, EmergencyList } from './queries';
import { clock, deadlineName, legName, seconds, since, verdict } from './text';

const LINE: EmergencyLine = {
  case_id: 'c1', case_number: '261126-1001', kind: 'fall', state: 'closed', elder_name: '王桂兰', place: '樊城·中原·施营', presses: 2,
  pressed_at: iso(AT - 3600_000), closed_at: iso(AT), outcome: 'helped', owner_name: '陈静', late_deadlines: 1, whole: true,
  spans: [
    { span: 'answered', seconds: 7.3, target: 10, met: true },
    { span: 'outside', seconds: 125, target: 120, met: false },
    { span: 'taker', seconds: null, target: null, met: null },
    { span: 'door', seconds: 610, target: 900, met: true },
  ],
}; // prettier-ignore
const LIST: EmergencyList = {
  first: '2026-02-24',
  last: '2026-03-02',
  items: [LINE, { ...LINE, case_id: 'c2', elder_name: '李**', whole: false }],
  total: 2,
  spans: LINE.spans,
  measured: { answered: 2, outside: 1, taker: 0, door: 1 },
  within: { answered: 2, outside: 0, taker: 0, door: 1 },
};
let server: FakeServer;
beforeEach(() => {
  server = fakeServer();
  server.on('GET /api/emergency-reports', LIST).on('GET /api/options', { outcomes: [] });
});

function stage(ui: React.ReactNode): void {
  const permissions: Permission[] = ['reports:read', 'sheets:print', 'cases:read'];
  new Stage(aPerson({ role: 'supervisor', permissions })).show(<App>{ui}</App>);
}

describe('the list of emergencies', () => {
  test('has its figures, and opens the reports of whom one may see whole', async () => {
    stage(<EmergencyTable />);
    expect((await screen.findByTestId('report-c1')).getAttribute('href')).toBe('/emergencies/c1/report');
    expect(screen.queryByTestId('report-c2')).toBeNull();
    expect(screen.getAllByText('2:05 ✗')).toHaveLength(2);
    expect(screen.getByText('目标 10.0 s 内：2 / 2')).toBeTruthy();
  });
});

describe('the sheet of risks', () => {
  test('needs a reason', async () => {
    server
      .on('GET /api/risk-sheets', { regions: [{ id: 'r1', code: '420606', name: '樊城区' }], made: [] })
      .on('POST /api/risk-sheets', { id: 's1' });
    stage(<SheetsTab />);
    fireEvent.click(await screen.findByTestId('sheet-ask'));
    expect(await screen.findByText('请写明理由，至少 4 个字')).toBeTruthy();
    fireEvent.change(screen.getByTestId('sheet-reason'), { target: { value: '计划停电' } });
    fireEvent.click(screen.getByTestId('sheet-ask'));
    await waitFor(() =>
      expect(server.bodyOf('POST /api/risk-sheets')).toEqual({ region_id: 'r1', reason: '计划停电' }),
    );
  });
});

describe('words', () => {
  test('seconds as people read them, from the press on', () => {
    expect([seconds(null), seconds(7.34), seconds(125.9), seconds(-90)]).toEqual(['–', '7.3 s', '2:05', '-1:30']);
    expect(since('2026-11-26T08:00:00Z', '2026-11-26T08:00:07.5Z')).toBe('7.5 s');
    expect([true, false, null].map((met) => verdict({ met }))).toEqual(['met', 'notMet', 'none']);
    expect(clock('2026-11-26T08:00:00Z', 'Asia/Shanghai', true)).toBe('2026-11-26 16:00:00');
  });

  test('who was rung, and what was due', () => {
    stage(null);
    const leg = {
      number: '',
      asked_by: '',
      started_at: '',
      ringing_at: null,
      answered_at: null,
      ended_at: null,
      cause: '',
    };
    expect(legName({ ...leg, role: 'outside', code: '120', name: '' })).toBe('外部救援 120');
    expect(legName({ ...leg, role: 'contact', code: '', name: '女儿 刘敏' })).toBe('联系人 女儿 刘敏');
    expect(deadlineName('handover:120')).toBe('120 确认接报');
    expect(deadlineName('something:new')).toBe('something:new');
  });
});
