import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test } from 'vitest';
import { aPerson, AT, iso } from '../../../testing/fixtures';
import { fakeServer, type FakeServer } from '../../../testing/server';
import { Stage } from '../../../testing/stage';
import { VolunteersTab } from './VolunteersTab';
import { positionOf } from './position';
import type { Volunteer, VisitHead } from './queries';

const visit = (over: Partial<VisitHead>): VisitHead => ({
  id: 'z1', version: 3, number: 'Z1', state: 'asked', way: 'taken', case_id: 'c1', elder_id: 'e1', elder_name: '王桂兰', place: '施营社区',
  item_code: 'WJ01', title: '陪聊', low_risk: false, wanted_from: iso(AT), half_hours: 2, pays: 'free', volunteer_id: null, volunteer_name: '',
  attention: '', checked_in_at: null, checked_out_at: null, proved: null, counted: null, donated: 0, paid: 0, whole: true, ...over,
}); // prettier-ignore
const person: Volunteer = {
  id: 'v1', version: 2, state: 'trained', name: '赵志愿', number_text: '139****1111', number: '+8613900001111', age: 36, community_id: 'k1',
  place: '施营社区', is_elder: false, skills: ['WJ01'], languages: [], birth_date: '1990-05-01', has_id_number: false, elder_id: null,
  availability: [], note: '', state_at: iso(AT), state_reason: '', trainings: [], coins: 3, counted: 3, may_spend_from: 60,
}; // prettier-ignore

let server: FakeServer;
let stage: Stage;
beforeEach(() => {
  server = fakeServer();
  stage = new Stage(aPerson({ role: 'supervisor', permissions: ['points:read', 'points:work', 'points:write'] }));
  server.on('GET /api/volunteers', [person]).on('GET /api/catalog', []);
});

test('who calls takes it; a visit is cancelled only with a reason', async () => {
  server.on('GET /api/volunteer-visits', [visit({})]).on('POST /api/volunteer-visits/z1/take', {});
  const candidate = { volunteer_id: 'v1', name: '赵志愿', age: 36, place: '施营社区', may: true, out: [], minus: [] };
  server.on('GET /api/volunteer-visits/z1/candidates', [candidate]);
  stage.show(<VolunteersTab />);
  expect(await screen.findByTestId('visit-take')).toHaveProperty('disabled', true);
  expect(screen.getByTestId('visit-cancel')).toHaveProperty('disabled', true);
  fireEvent.mouseDown(screen.getByLabelText('请哪位志愿者'));
  fireEvent.click(await screen.findByText('赵志愿 · 施营社区'));
  fireEvent.click(screen.getByTestId('visit-take'));
  await waitFor(() =>
    expect(server.bodyOf('POST /api/volunteer-visits/z1/take')).toEqual({ version: 3, volunteer_id: 'v1' }),
  );
});

test('a code with a position beside it; what is no position is not sent', async () => {
  server.on('GET /api/volunteer-visits', [visit({ state: 'accepted', volunteer_id: 'v1' })]);
  server.on('POST /api/volunteer-visits/z1/prove', {});
  stage.show(<VolunteersTab />);
  fireEvent.change(await screen.findByLabelText('老人念的六位服务码'), { target: { value: '123456' } });
  fireEvent.change(screen.getByLabelText('志愿者手机定位：纬度, 经度（可不填）'), { target: { value: '施营路' } });
  expect(screen.getByTestId('visit-in')).toHaveProperty('disabled', true);
  fireEvent.change(screen.getByLabelText('志愿者手机定位：纬度, 经度（可不填）'), {
    target: { value: '32.03，112.09' },
  });
  fireEvent.click(screen.getByTestId('visit-in'));
  const position = { latitude: 32.03, longitude: 112.09, accuracy_m: 50 };
  await waitFor(() =>
    expect(server.bodyOf('POST /api/volunteer-visits/z1/prove')).toEqual({ kind: 'service_code', code: '123456', note: '', position, phase: 'in' }),
  ); // prettier-ignore
});

test('a position that proves nothing is said before anybody confirms', async () => {
  server.on('GET /api/volunteer-visits', [visit({ state: 'checked_out', attention: 'position_unproved', proved: 3 })]);
  stage.show(<VolunteersTab />);
  expect(await screen.findByText('签到定位未能证实，确认前请向老人问清楚')).toBeTruthy();
});

test('a supervisor lets a trained volunteer be asked', async () => {
  server.on('GET /api/volunteer-visits', []).on('GET /api/volunteers/v1', person);
  server.on('POST /api/volunteers/v1/state', { ...person, state: 'active' });
  stage.show(<VolunteersTab />);
  fireEvent.click(await screen.findByRole('button', { name: '赵志愿' }));
  const whole = await screen.findByTestId('volunteer-whole');
  expect(whole.textContent).toContain('累计服务 1.5 小时');
  fireEvent.change(within(whole).getByLabelText('原因'), { target: { value: '培训合格' } });
  fireEvent.click(within(whole).getByRole('button', { name: '可以派单' }));
  await waitFor(() =>
    expect(server.bodyOf('POST /api/volunteers/v1/state')).toEqual({ version: 2, to: 'active', reason: '培训合格' }),
  );
});

test('a position is two numbers of the earth', () => {
  expect(positionOf('', 50)).toBeNull();
  expect(positionOf('32.03 112.09', 50)).toEqual({ latitude: 32.03, longitude: 112.09, accuracy_m: 50 });
  for (const text of ['112.09', '99, 112', '32.03, 112.09, 1', 'a, b']) expect(positionOf(text, 50)).toBe('wrong');
});
