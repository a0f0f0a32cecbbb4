import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { App } from 'antd';
import { beforeEach, describe, expect, test } from 'vitest';
import { EMPTY } from '../../live/reducer';
import { aCase, aPerson } from '../../testing/fixtures';
import { fakeServer, type FakeServer } from '../../testing/server';
import { Stage } from '../../testing/stage';
import type { LackingElder, LacksOverview } from '../../api/types';
import { ToAsk } from '../case/ToAsk';
import { emergencyOf } from '../search/emergency-of';
import { AddressChecks } from './AddressChecks';
import { aProfile, REGIONS } from './fixtures';
import { FIELD_OF, profileAt, width } from './lacks';
import { OwnLacks } from './OwnLacks';
import { EMPTY as BLANK, fromProfile } from './profile-form';

const NONE = { total: 0, ready: 0, gaps: 0, not_findable: 0, urgent: 0 };
const OVERVIEW: LacksOverview = {
  all: { total: 300, ready: 250, gaps: 46, not_findable: 4, urgent: 2 },
  places: [
    { ...NONE, community_id: 'community-1', place: '中原·施营', total: 40, ready: 30, gaps: 8, not_findable: 2 },
    { ...NONE, community_id: 'community-2', place: '中原·陈营', total: 9, ready: 9 },
  ],
  lacks: [
    { lack: 'door', weight: 4, count: 3 },
    { lack: 'key', weight: 3, count: 12 },
    { lack: 'grid', weight: 1, count: 0 },
  ],
  waiting: 0,
};
const ELDER: LackingElder = {
  id: 'elder-1', full: false, name: '王**', sex: 'female', age: 78, community_id: 'community-1', place: '樊城·中原·施营', living: 'alone',
  presence: 'home', risk: 3, grade: 'not_findable', weight: 7, lacks: ['door', 'key'],
}; // prettier-ignore
let server: FakeServer;
beforeEach(() => {
  server = fakeServer();
  server
    .on('GET /api/address-checks', OVERVIEW)
    .on('GET /api/address-checks/elders', { items: [ELDER], total: 1, offset: 0 })
    .on('GET /api/regions', REGIONS);
});

describe('the address check', () => {
  test('the worst first, each thing that is missing leads to its field', async () => {
    new Stage(aPerson()).show(
      <App>
        <AddressChecks />
      </App>,
    );
    const row = within(await screen.findByTestId('lacking'));
    expect(row.getByText('门牌号').getAttribute('href')).toBe('/elders/elder-1?field=door');
    expect(row.getByText('没人有钥匙').getAttribute('href')).toBe('/elders/elder-1?field=contacts');
    expect(screen.getByTestId('lacks-totals').textContent).toContain('2急需补齐');
    expect(screen.queryByTestId('lacks-csv')).toBeNull(); // an agent's
    expect(screen.getByTestId('lack-chips').textContent).toBe('门牌号 3没人有钥匙 12'); // what nobody lacks is not offered
  });

  test('a chip, a grade and a community narrow it', async () => {
    new Stage(aPerson({ role: 'supervisor', permissions: ['elders:search', 'reports:read'] })).show(
      <App>
        <AddressChecks />
      </App>,
    );
    fireEvent.click(await screen.findByText(/没人有钥匙/, { selector: '.lacks-chip' }));
    fireEvent.click(screen.getByTestId('place-community-1'));
    await waitFor(() => {
      const query = new URLSearchParams(
        server.asked.findLast((one) => one.route === 'GET /api/address-checks/elders')?.query,
      );
      expect(Object.fromEntries(query)).toEqual({ lack: 'key', region_id: 'community-1', offset: '0' });
    });
    expect(screen.getByTestId('lacks-csv').getAttribute('href')).toBe(
      '/api/address-checks/csv?region_id=community-1&lack=key&language=zh',
    );
  });
});

describe('her own', () => {
  test('are told on her profile, and lead to the field for whoever may write', () => {
    const profile = aProfile({ address_check: { grade: 'gaps', lacks: ['lift'] } });
    new Stage().show(<OwnLacks profile={profile} mayWrite />);
    fireEvent.click(screen.getByTestId('own-lift'));
    new Stage().show(<OwnLacks profile={profile} mayWrite={false} />);
    expect(screen.getAllByText('有没有电梯')).toHaveLength(2);
    expect(screen.getAllByTestId('own-lift')).toHaveLength(1);
  });

  test('nothing missing is said; who was not judged, or has died, is not spoken of', () => {
    new Stage().show(<OwnLacks profile={aProfile()} mayWrite />);
    expect(screen.getByText('地址、钥匙、联系人都齐全。')).toBeTruthy();
    new Stage().show(<OwnLacks profile={aProfile({ address_check: null })} mayWrite />);
    new Stage().show(<OwnLacks profile={aProfile({ presence: 'deceased' })} mayWrite />);
    expect(screen.getAllByTestId('own-lacks')).toHaveLength(1);
  });

  test('are asked in the case when there is time', () => {
    new Stage().show(<ToAsk lacks={['door', 'key']} />);
    expect(screen.getByTestId('to-ask').textContent).toContain('谁有您家的钥匙？');
  });

  test('each has its field in the form', () => {
    const known = new Set(Object.keys({ ...BLANK, ...fromProfile(aProfile()) }));
    for (const field of Object.values(FIELD_OF)) expect(known).toContain(field.split('.')[0]);
    expect(profileAt('e', 'health')).toBe('/elders/e?field=health.chronic_illness');
  });

  test('a share that is there is seen', () => {
    expect([width(0, 9), width(1, 900), width(450, 900), width(1, 0)]).toEqual(['0', '2.0%', '50.0%', '0']);
  });
});

describe('the emergency for which somebody is opened', () => {
  const cases = (...list: ReturnType<typeof aCase>[]) => ({
    ...EMPTY,
    cases: Object.fromEntries(list.map((one) => [one.id, one])),
  });
  test('hers before the asker’s own; none that is over, none of a lesser kind', () => {
    const hers = aCase({ id: 'a', number: 'A', elder_id: 'e1', owner_id: 'other' });
    const mine = aCase({ id: 'b', number: 'B', elder_id: 'e2', owner_id: 'me' });
    expect(emergencyOf(cases(hers, mine), 'me', 'e1')).toEqual({ id: 'a', number: 'A', mine: false });
    expect(emergencyOf(cases(hers, mine), 'me', 'e3')).toEqual({ id: 'b', number: 'B', mine: true });
    expect(emergencyOf(cases(hers), 'me', 'e3')).toBeNull();
    expect(emergencyOf(cases({ ...mine, state: 'closed' }, { ...hers, severity: 'N1' }), 'me', 'e1')).toBeNull();
  });
});
