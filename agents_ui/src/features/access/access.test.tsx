import { fireEvent, screen, waitFor } from '@testing-library/react';
import { App } from 'antd';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Permission } from '../../api/types';
import { aPerson } from '../../testing/fixtures';
import { fakeServer, type FakeServer } from '../../testing/server';
import { Stage } from '../../testing/stage';
import { AuditTab } from './AuditTab';
import { GlassBadge } from './GlassBadge';
import { GlassTab } from './GlassTab';
import { LogSheet } from './LogSheet';
import type { AccessLog, AuditPage, GlassItem, Trace } from './queries';
import { detailText, purposeText, told, verbWord } from './words';

const AT = '2026-07-10T04:00:00Z';
const ID = '01a20a85-350f-764f-b293-ac0a7a679203';
const item = (over: Partial<GlassItem> = {}): GlassItem => ({
  id: 'g1', by_id: 'a', by_name: '陈静', by_role: 'agent', elder_id: 'e', elder_name: '王桂兰', place: '樊城·中原·施营', reason: '女儿来电',
  at: AT, until: AT, case_id: null, case_number: '', due_at: '2026-07-11T04:00:00Z', overdue: false, own: false, verdict: null, note: '', reviewer_name: '', reviewed_at: null,
  told_whom: null, told_by_name: '', told_at: null, ...over,
}); // prettier-ignore
const trace = (over: Partial<Trace> = {}): Trace => ({
  first_at: AT, last_at: AT, times: 1, who: '陈静', role: 'agent', verb: 'elder:read', why: 'live_call', case_number: '', reason: '',
  verdict: null, told_whom: null, told_at: null, ...over,
}); // prettier-ignore
let server: FakeServer;
beforeEach(() => void (server = fakeServer()));

function stage(ui: React.ReactNode): void {
  const permissions: Permission[] = ['glass:review', 'audit:read', 'elders:log'];
  new Stage(aPerson({ role: 'supervisor', permissions })).show(<App>{ui}</App>);
}

describe('broken glass', () => {
  test('is reviewed with one key; a question asks for its words', async () => {
    server.on('GET /api/glass', [item()]).on('POST /api/glass/g1/review', item({ verdict: 'fine' }));
    stage(<GlassTab />);
    expect((await screen.findByTestId('glass-g1')).textContent).toContain('“女儿来电”');
    fireEvent.click(screen.getByText('有疑问'));
    fireEvent.click(await screen.findByTestId('send-question'));
    expect(await screen.findByText('请写明疑问，至少 4 个字')).toBeTruthy();
    expect(server.routes()).not.toContain('POST /api/glass/g1/review');
    fireEvent.click(screen.getByTestId('fine-g1'));
    await waitFor(() => expect(server.bodyOf('POST /api/glass/g1/review')).toEqual({ verdict: 'fine', note: '' }));
  });

  test('of one’s own is not offered, and says why; an overdue one says so in words', async () => {
    server.on('GET /api/glass', [item({ own: true, overdue: true })]);
    stage(<GlassTab />);
    expect(await screen.findByText('这是您自己的，由别人复核')).toBeTruthy();
    expect(screen.queryByTestId('fine-g1')).toBeNull();
    expect(screen.getByText(/复核已超时/)).toBeTruthy();
  });

  test('for an emergency it leads to its report, and the list can be kept to those', async () => {
    server.on('GET /api/glass', [item({ case_id: 'c1', case_number: '261126-1001' })]);
    stage(<GlassTab />);
    const link = await screen.findByTestId('case-g1');
    expect([link.textContent, link.getAttribute('href')]).toEqual(['紧急事件 261126-1001', '/emergencies/c1/report']);
    fireEvent.click(screen.getByTestId('glass-emergency'));
    await waitFor(() => expect(server.asked.some((one) => one.query.includes('emergency=true'))).toBe(true));
  });

  test('overdue ones are on the rail', async () => {
    server.on('GET /api/glass/count', { open: 3, overdue: 2, untold: 0 });
    stage(<GlassBadge />);
    expect((await screen.findByLabelText('2 次临时查看复核超时')).textContent).toBe('!2');
  });
});

describe('the audit', () => {
  const page = (over: Partial<AuditPage>): AuditPage => ({ entries: [], names: {}, next: null, ...over });
  const entry = (id: number) => ({
    id, at: AT, actor_kind: 'user', actor_name: '陈静', verb: 'elder:read', object_id: ID, purpose: 'card', details: { health: true, by: 'glass' },
  }); // prettier-ignore

  test('shows deeds in words and ids as names, and goes on page by page', async () => {
    let pages = 0;
    server.answer('GET /api/audit', () =>
      Response.json(
        page(pages++ === 0 ? { entries: [entry(9)], names: { [ID]: '王**' }, next: 9 } : { entries: [entry(3)] }),
      ),
    );
    stage(<AuditTab />);
    expect(await screen.findByText('查看资料（含健康情况）')).toBeTruthy();
    expect(screen.getByText('王**')).toBeTruthy();
    expect(screen.getByText('资料卡 · 含健康情况 · 依据: 临时查看')).toBeTruthy();
    fireEvent.click(screen.getByTestId('audit-more'));
    await waitFor(() => expect(screen.getAllByText('查看资料（含健康情况）')).toHaveLength(2));
    expect(screen.queryByTestId('audit-more')).toBeNull();
  });

  test('an unknown deed and an unknown id are shown rather than hidden', () => {
    expect(verbWord('dragon:flown')).toBe('dragon:flown');
    expect(purposeText(`case:${ID}`, {})).toBe('事件 …679203');
    expect(detailText({ size: 3, list: ['fine', ID] }, { [ID]: '261122-1007' })).toBe(
      'size: 3 · list: 没问题, 261122-1007',
    );
  });
});

describe('her log', () => {
  const log = (traces: Trace[]): AccessLog => ({
    elder_id: 'e', elder_name: '王桂兰', place: '樊城·中原·施营', centre_name: '樊城区居家养老服务中心', since: AT, made_at: AT, made_by: '黄志强',
    traces, cut: false,
  }); // prettier-ignore

  test('is told by the reason', () => {
    expect(told(trace())).toContain('来电时');
    expect(told(trace({ why: 'glass' }))).toContain('说明理由');
    expect(told(trace({ why: 'something new' }))).toBe('查看了资料（含健康情况）');
    expect(told(trace({ verb: 'elder:edit', why: '' }))).toBe('修改档案');
  });

  test('has the centre, the day and who printed it; and words when nobody has looked', () => {
    stage(<LogSheet log={log([trace({ times: 3, reason: '女儿来电', why: 'glass', verdict: 'fine' })])} />);
    const sheet = screen.getByTestId('log-sheet').textContent;
    for (const words of [
      '谁看过王桂兰的资料',
      '樊城区居家养老服务中心',
      '黄志强 打印于 2026-07-10',
      '3 次',
      '理由：女儿来电',
      '没问题',
    ])
      expect(sheet).toContain(words);
    stage(<LogSheet log={log([])} />);
    expect(screen.getByText('这段时间没有人看过。')).toBeTruthy();
  });
});
