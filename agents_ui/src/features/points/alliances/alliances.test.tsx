import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test } from 'vitest';
import { aPerson, AT, iso } from '../../../testing/fixtures';
import { fakeServer, type FakeServer } from '../../../testing/server';
import { Stage } from '../../../testing/stage';
import { AlliancesTab } from './AlliancesTab';
import type { Term, Till } from './queries';

const term = (over: Partial<Term>): Term => ({
  store_id: 's1', code: 'F001', name: '张姐家政', allied: true, rate_bp: null, since: iso(AT), ...over,
}); // prettier-ignore
const till: Till = {
  id: 't1', store_id: 's1', store_code: 'F001', store: '张姐家政', name: '1号收银台', made_at: iso(AT), made_by: '秦岭', revoked_at: null,
}; // prettier-ignore

let server: FakeServer;
let stage: Stage;
beforeEach(() => {
  server = fakeServer();
  stage = new Stage(aPerson({ role: 'supervisor', permissions: ['points:books'] }));
  const stores = [term({}), term({ store_id: 's2', code: 'F002', name: '康宁护理站', rate_bp: 50 })];
  server.on('GET /api/points/terms', { rate_bp: 100, stores }).on('GET /api/points/tills', [till]);
});

test('a rate is agreed in per cent and sent in hundredths', async () => {
  server.on('POST /api/points/terms/s2', { rate_bp: 100, stores: [] });
  stage.show(<AlliancesTab />);
  const row = (await screen.findByText('康宁护理站')).closest('tr') as HTMLElement;
  expect(row.textContent).toContain('0.5%');
  fireEvent.click(within(row).getByRole('button', { name: '修改 康宁护理站 的合作' }));
  const dialog = await screen.findByRole('dialog');
  fireEvent.change(within(dialog).getByLabelText('自定比例（%），不填按统一比例'), { target: { value: '1.25' } });
  fireEvent.click(within(dialog).getByRole('button', { name: '保 存' }));
  await waitFor(() => expect(server.bodyOf('POST /api/points/terms/s2')).toEqual({ allied: true, rate_bp: 125 }));
});

test('a secret is shown once', async () => {
  server.on('POST /api/points/tills', { id: 't2', secret: 'abc-secret', tills: [till] });
  stage.show(<AlliancesTab />);
  const tills = await screen.findByTestId('points-tills');
  expect(await within(tills).findByText('1号收银台', { exact: false })).toBeTruthy();
  fireEvent.mouseDown(within(tills).getByLabelText('门店编号'));
  fireEvent.click(await screen.findByText('张姐家政 F001'));
  fireEvent.change(within(tills).getByLabelText('收银台名称'), { target: { value: '2号' } });
  fireEvent.click(within(tills).getByRole('button', { name: '接 入' }));
  expect(await screen.findByText('abc-secret')).toBeTruthy();
  expect(server.bodyOf('POST /api/points/tills')).toEqual({ store_code: 'F001', name: '2号' });
});
