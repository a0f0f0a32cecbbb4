import { act, fireEvent, screen, waitFor } from '@testing-library/react';
import { App } from 'antd';
import { Route, Routes } from 'react-router';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { HandoverCase, HandoverView } from '../../api/types';
import { ago, anAgent, aPerson, AT, iso, ME, OTHER } from '../../testing/fixtures';
import { fakeServer, type FakeServer } from '../../testing/server';
import { Stage } from '../../testing/stage';
import { DraftForm } from './DraftForm';
import { draftOf, toSave, undecided } from './draft';
import { HandoverPage } from './HandoverPage';
import { SignedView } from './SignedView';

const LEAD = aPerson({ permissions: ['calls:see', 'cases:write', 'handover:sign'] });

function aHandoverCase(over: Partial<HandoverCase> = {}): HandoverCase {
  return {
    case_id: 'case-1', number: '260302-1001', severity: 'E0', state: 'owned', opened_at: ago(900), due_at: iso(AT + 65_000),
    owner_id: ME, owner_name: '坐席', elder_name: '王**', place: '施营', movable: true, decision: null, to: null, to_name: '', note: '',
    ...over,
  }; // prettier-ignore
}
function aHandover(over: Partial<HandoverView> = {}, cases: HandoverCase[] = [aHandoverCase()]): HandoverView {
  return {
    id: 'h1', version: 1, state: 'draft', leaving_id: ME, leaving_name: '坐席', arriving_id: null, arriving_name: '', opened_at: ago(60),
    signed_at: null, accepted_at: null, late: false, arriving_remark: '', digest: '',
    content: { cases, tasks: [], elders: [{ elder_id: 'e1', name: '李**', place: '中原', presence: 'in_hospital', chosen: false, note: '' }], remarks: '' },
    ...over,
  }; // prettier-ignore
}

let server: FakeServer;
let stage: Stage;
beforeEach(() => {
  server = fakeServer();
  stage = new Stage(LEAD);
  stage.tell({ agents: [anAgent(), anAgent({ id: OTHER, name: '刘洋' })] });
});
afterEach(() => void vi.useRealTimers());

describe('what is saved', () => {
  test('is what was said of each case, with the owner who was seen', () => {
    const view = aHandover({}, [
      aHandoverCase({ decision: 'give', to: OTHER, note: '回访' }),
      aHandoverCase({ case_id: 'case-2', decision: 'queue' }),
      aHandoverCase({ case_id: 'case-3' }),
    ]);
    expect(toSave(draftOf(view), 7)).toEqual({
      version: 7,
      cases: [
        { case_id: 'case-1', decision: 'give', to: OTHER, seen_owner_id: ME, note: '回访' },
        { case_id: 'case-2', decision: 'queue', to: null, seen_owner_id: ME, note: '' },
      ],
      elders: [],
      remarks: '',
    });
  });

  test('her own cases need a place, others do not', () => {
    const cases = [
      aHandoverCase(),
      aHandoverCase({ case_id: 'b', owner_id: OTHER }),
      aHandoverCase({ case_id: 'c', owner_id: null }),
    ];
    const view = aHandover({}, cases);
    expect(undecided(cases, draftOf(view), ME).map((one) => one.case_id)).toEqual(['case-1']);
  });
});

describe('a draft', () => {
  const show = (view: HandoverView): void =>
    void stage.show(
      <App>
        <DraftForm view={view} onReload={() => undefined} />
      </App>,
    );

  test('is on the server a moment after the last key, once for a burst', async () => {
    server.answer('PUT /api/handovers/h1', (asked) => {
      const { version } = asked.body as { version: number };
      return Response.json(aHandover({ version: version + 1 }));
    });
    show(aHandover());
    const field = screen.getByTestId('handover-remarks');
    fireEvent.change(field, { target: { value: '夜里' } });
    fireEvent.change(field, { target: { value: '夜里平静' } });
    expect(screen.getByTestId('handover-saved').textContent).toBe('正在保存…');
    await waitFor(() => expect(screen.getByTestId('handover-saved').textContent).toBe('已保存'));
    expect(server.routes()).toEqual(['PUT /api/handovers/h1']);
    expect(server.bodyOf('PUT /api/handovers/h1')).toMatchObject({ version: 1, remarks: '夜里平静' });
    fireEvent.click(screen.getByRole('checkbox'));
    await waitFor(() => expect(server.routes()).toHaveLength(2));
    expect(server.bodyOf('PUT /api/handovers/h1')).toMatchObject({
      version: 2,
      elders: [{ elder_id: 'e1', note: '' }],
    });
  });

  test('cannot be signed while a case of hers has no place', () => {
    show(aHandover());
    expect(screen.getByTestId<HTMLButtonElement>('handover-sign').disabled).toBe(true);
    expect(screen.getByText('还有 1 个您负责的事件没有安排')).toBeTruthy();
  });

  test('is saved before it is signed, with the version that saving made', async () => {
    server
      .on('PUT /api/handovers/h1', aHandover({ version: 5 }))
      .on('POST /api/handovers/h1/sign', aHandover({ state: 'signed_by_leaving' }))
      .on('GET /api/handovers', []);
    show(aHandover({}, [aHandoverCase({ decision: 'queue' })]));
    fireEvent.click(screen.getByTestId('handover-sign'));
    const [, confirm] = await screen.findAllByRole('button', { name: /签字交班/ });
    act(() => confirm?.click());
    await waitFor(() => expect(server.bodyOf('POST /api/handovers/h1/sign')).toEqual({ version: 5 }));
    expect(server.routes().slice(0, 2)).toEqual(['PUT /api/handovers/h1', 'POST /api/handovers/h1/sign']);
  });

  test('a case that she may not move is not offered', () => {
    show(aHandover({}, [aHandoverCase({ owner_id: OTHER, owner_name: '刘洋', movable: false })]));
    expect(screen.queryByRole('combobox')).toBeNull();
    expect(screen.getByTestId('handover-case-case-1').textContent).toContain('不变');
  });
});

describe('signed', () => {
  const signed = { state: 'signed_by_leaving' as const, signed_at: ago(1900), digest: 'abcdef0123456789', late: true };

  test('the arriving lead signs with her name, and it says for how long it waited', async () => {
    server
      .on('POST /api/handovers/h1/accept', aHandover({ ...signed, state: 'accepted' }))
      .on('GET /api/handovers', []);
    stage.show(<SignedView view={aHandover({ ...signed, leaving_id: OTHER, leaving_name: '刘洋' })} />);
    expect(screen.getByText('交班已签字超过 30 分钟，还没有人接班签收')).toBeTruthy();
    fireEvent.click(screen.getByTestId('handover-accept'));
    await waitFor(() => expect(server.bodyOf('POST /api/handovers/h1/accept')).toEqual({ remark: '' }));
  });

  test('whoever signed as leaving is not offered the second signature', () => {
    stage.show(<SignedView view={aHandover(signed)} />);
    expect(screen.queryByTestId('handover-accept')).toBeNull();
    expect(screen.getByText(/等待接班人签收/)).toBeTruthy();
  });
});

test('the list says where each stands, and goes on with a draft of hers', async () => {
  server
    .on('GET /api/handovers', [
      aHandover(),
      aHandover({ id: 'h2', state: 'signed_by_leaving', late: true, leaving_name: '刘洋' }),
    ])
    .on('POST /api/handovers', aHandover())
    .on('GET /api/handovers/h1', aHandover());
  stage.show(
    <App>
      <Routes>
        <Route path="/*" element={<HandoverPage />} />
      </Routes>
    </App>,
  );
  expect((await screen.findByTestId('handover-h2')).textContent).toContain('等待接班人签收 超过 30 分钟');
  fireEvent.click(screen.getByText('继续我的交班'));
  expect(await screen.findByTestId('handover-draft')).toBeTruthy();
});
