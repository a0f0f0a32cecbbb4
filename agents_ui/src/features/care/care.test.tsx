import { fireEvent, screen, waitFor } from '@testing-library/react';
import { App } from 'antd';
import { expect, test } from 'vitest';
import { startI18n } from '../../i18n';
import { AT, aPerson, iso } from '../../testing/fixtures';
import { fakeServer } from '../../testing/server';
import { Stage } from '../../testing/stage';
import { CareTab } from './CareTab';
import type { Care, CareCall, CarePlan } from './queries';
import { agreed, clocks, fieldsOf, stands, toBody } from './words';

const PLAN: CarePlan = {
  id: 'k1', version: 1, kind: 'care', rhythm: null, rhythm_now: 'weekly', at: '09:40', times: [], alarm: false, weekly_until: null,
  next_on: '2026-03-05', made_at: iso(AT - 86_400_000), made_by: null, ended_at: null, end_reason: '',
}; // prettier-ignore
const CALL: CareCall = {
  id: 'p1', version: 1, purpose: 'care', way: 'keys', why: 'care_plan', state: 'done', elder_id: 'e1', name: '王桂兰', community: '施营',
  due_at: iso(AT), attempts: 2, asks_contact: true, result: 'fine', keyed: '1', drop_reason: null, case_id: 'c1', done_at: iso(AT),
}; // prettier-ignore
const CARE: Care = {
  elder_id: 'e1',
  usual_rhythm: 'weekly',
  plans: [PLAN],
  ended: [],
  signs: ['2026-03-01'],
  calls: [CALL],
};

test('what was agreed is told in words', () => {
  startI18n();
  expect(agreed(PLAN)).toEqual(['按她的情况，现在每周一次', '09:40 打']);
  expect(agreed({ ...PLAN, kind: 'daily', at: '10:00' })).toEqual(['每天 10:00 前报平安']);
  expect(agreed({ ...PLAN, kind: 'medicine', times: ['08:00', '18:00'] })[0]).toBe('每天 08:00 / 18:00 提醒');
});

test('how a call ended is told by whom it was settled', () => {
  startI18n();
  expect(stands(CALL)).toBe('联系人已联系或去看');
  expect(stands({ ...CALL, asks_contact: false })).toBe('平安');
  expect(stands({ ...CALL, asks_contact: false, purpose: 'medicine' })).toBe('已服药');
  expect(stands({ ...CALL, state: 'calling', result: null })).toBe('她没接，正在找联系人');
  expect(stands({ ...CALL, result: 'not_reached' })).toBe('没联系上');
});

test('only what belongs to the kind is sent', () => {
  const fields = { ...fieldsOf(PLAN), rhythm: 'monthly' as const, times: ['18:00', '08:00'], alarm: true };
  expect(toBody('care', fields, PLAN)).toEqual({
    seen_id: 'k1', rhythm: 'monthly', at: '09:40', times: [], alarm: false, first: null,
  }); // prettier-ignore
  expect(toBody('medicine', fields, undefined)).toEqual({
    seen_id: null, rhythm: null, at: null, times: ['08:00', '18:00'], alarm: true, first: null,
  }); // prettier-ignore
  expect(clocks(9, 10, ['09:40'])).toEqual(['09:00', '09:15', '09:30', '09:40', '09:45', '10:00']);
});

test('a plan is ended with a reason, and one is changed against what was seen', async () => {
  const server = fakeServer()
    .on('GET /api/elders/e1/care', CARE)
    .on('PUT /api/elders/e1/care-plans/care', CARE)
    .on('POST /api/care-plans/k1/end', { ...CARE, plans: [] });
  new Stage(aPerson({ permissions: ['outreach:read', 'outreach:work'] })).show(
    <App>
      <CareTab elderId="e1" />
    </App>,
  );
  fireEvent.click(await screen.findByTestId('care-set-care'));
  fireEvent.click(await screen.findByTestId('care-save'));
  await waitFor(() =>
    expect(server.bodyOf('PUT /api/elders/e1/care-plans/care')).toMatchObject({
      seen_id: 'k1',
      rhythm: null,
      at: '09:40',
    }),
  );
  fireEvent.click(screen.getByTestId('care-end-care'));
  fireEvent.change(await screen.findByTestId('care-end-reason'), { target: { value: '搬去女儿家' } });
  fireEvent.click(screen.getByTestId('care-end-ok'));
  expect(await screen.findByText('没有安排关怀电话')).toBeTruthy();
  expect(server.bodyOf('POST /api/care-plans/k1/end')).toEqual({ reason: '搬去女儿家' });
});
