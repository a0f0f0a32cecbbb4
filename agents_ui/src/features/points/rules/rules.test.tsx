import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test } from 'vitest';
import type { RulesPreview } from '../../../api/types';
import { aPerson } from '../../../testing/fixtures';
import { fakeServer, type FakeServer } from '../../../testing/server';
import { Stage } from '../../../testing/stage';
import { changes, fromNow, read } from './tried';
import { RulesTab } from './RulesTab';

const now = {
  rate_bp: 100, pending_days: 7, months: 24, daily: 1, week_bonus: 3, week_cap: 10, follow_up: 2, follow_up_cap: 20, referral: 100, referrals: 10,
  volunteering: 10,
}; // prettier-ignore
const preview = (would: number): RulesPreview => ({
  month: '2026-02-01', now, numbers: now,
  costs: [{ rule: 'daily', deeds: 1200, points: 1100, would }, { rule: 'referral', deeds: 0, points: 0, would: 0 }],
  points: 1100, would,
}); // prettier-ignore
const PREVIEW = 'GET /api/points/rules/preview';

let server: FakeServer;
let stage: Stage;
beforeEach(() => {
  server = fakeServer();
  stage = new Stage(aPerson({ role: 'supervisor', permissions: ['points:books'] }));
});

test('a rate is typed in per cent and never goes through a fraction; what is no number is none', () => {
  expect(['1', '1.1', '2.05', '3', '3.01', '-1', '', 'x', '1.005'].map((one) => read('rate_bp', one))).toEqual([
    100, 110, 205, 300, null, null, null, null, null,
  ]); // prettier-ignore
  expect(['0', '20', '21', '1.5', ' 3 '].map((one) => read('daily', one))).toEqual([0, 20, null, null, 3]);
  expect(changes(fromNow(now), now)).toEqual({});
  expect(changes({ ...fromNow(now), rate_bp: '2', referral: '50' }, now)).toEqual({ rate_bp: 200, referral: 50 });
  expect(changes({ ...fromNow(now), daily: 'many' }, now)).toBeNull();
});

test('only what was changed is asked for, and stands beside what it cost', async () => {
  server.answer(PREVIEW, ({ query }) => Response.json(preview(query.includes('daily=2') ? 2200 : 1100)));
  stage.show(<RulesTab />);
  const costs = await screen.findByTestId('rules-costs');
  expect(costs.textContent).toContain('报平安1,2001,1001,1000');
  expect(screen.getByText('规则由管理员在 设置 → 积分 中修改。')).toBeTruthy();
  const field = screen.getByLabelText('每天报平安（分）');
  fireEvent.change(field, { target: { value: '21' } });
  expect(field.getAttribute('aria-invalid')).toBe('true');
  expect(screen.getByText('请填范围内的数：0 到 20')).toBeTruthy();
  expect(screen.getByRole('button', { name: '试 算' })).toHaveProperty('disabled', true);
  fireEvent.change(field, { target: { value: '2' } });
  expect(screen.getByText('已改')).toBeTruthy();
  fireEvent.click(screen.getByRole('button', { name: '试 算' }));
  await waitFor(() => expect(screen.getByTestId('rules-costs').textContent).toContain('1,1002,200+1,100'));
  expect(server.asked.map((one) => one.query)).toEqual(['', '?daily=2']);
  expect(screen.getByText('折合 ¥11.00，按新规则 ¥22.00')).toBeTruthy();
  fireEvent.click(screen.getByRole('button', { name: '恢复现行' }));
  await waitFor(() => expect(within(screen.getByTestId('rules-costs')).queryAllByText('+1,100')).toEqual([]));
  expect(field).toHaveProperty('value', '1');
});

test('whoever may read the settings has the way to them; a month without deeds says so', async () => {
  stage = new Stage(aPerson({ role: 'supervisor', permissions: ['points:books', 'centre:read'] }));
  server.on(PREVIEW, { ...preview(0), costs: [{ rule: 'daily', deeds: 0, points: 0, would: 0 }] });
  stage.show(<RulesTab />);
  expect(await screen.findByText('这个月没有得积分的事。')).toBeTruthy();
  expect(screen.getByRole('link', { name: '要改规则，请到 设置 → 积分' }).getAttribute('href')).toBe('/admin/settings');
});

test('what cannot be reckoned is said', async () => {
  server.refuse(PREVIEW, 'bad_units', 422);
  stage.show(<RulesTab />);
  expect(await screen.findByText('请填整数')).toBeTruthy();
});
