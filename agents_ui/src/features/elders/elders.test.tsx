import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { Navigate, Route, Routes } from 'react-router';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Permission } from '../../api/types';
import { ago, aPerson, AT, iso } from '../../testing/fixtures';
import { fakeServer, type FakeServer } from '../../testing/server';
import { Stage } from '../../testing/stage';
import { keepDraft } from './drafts';
import { EldersPage } from './EldersPage';
import { aProfile, REGIONS } from './fixtures';

const PROFILE = 'GET /api/elders/elder-1/profile';
const SAVE = 'POST /api/elders/elder-1/profile';
const AGENT: Permission[] = ['elders:search', 'elders:read', 'elders:write', 'glass:break'];
const SUPERVISOR: Permission[] = [
  ...AGENT,
  'elders:merge',
  'elders:import',
  'elders:export',
  'exports:approve',
  'deaths:confirm',
  'consents:word',
];

let server: FakeServer;
beforeEach(() => {
  server = fakeServer()
    .on('GET /api/regions', REGIONS)
    .on('GET /api/regions/boundaries', { type: 'FeatureCollection', features: [] })
    .on('GET /api/elders/categories', ['高龄'])
    .on(PROFILE, aProfile());
  for (const id of ['elder-1', 'new']) keepDraft(aPerson().id, id, null);
});

function show(path: string, permissions = AGENT): Stage {
  const stage = new Stage(aPerson({ permissions }));
  stage.show(
    <Routes>
      <Route path="/" element={<Navigate to={path} />} />
      <Route path="/elders/*" element={<EldersPage />} />
      <Route path="*" element={null} />
    </Routes>,
  );
  return stage;
}
const typed = (): HTMLInputElement => screen.getByTestId('field-dialect');
const save = (): HTMLButtonElement => screen.getByTestId('profile-save');

describe('the list', () => {
  const hit = {
    id: 'elder-1', full: true, name: '王桂兰', sex: 'female', age: 78, community_id: 'community-1', place: '樊城·中原·施营',
    living: 'alone', presence: 'away', risk: 3, address: '施营路18号', numbers: ['0710-345 6789'], card_number: '',
    contact: { relation: '邻居', name: '陈秀珍', text: '137 0000 6782' },
  }; // prettier-ignore

  test('says why somebody was found, and how many there are', async () => {
    server.on('GET /api/elders/directory', { items: [hit], total: 1, offset: 0 });
    show('/elders?q=6782&presence=away');
    const row = (await screen.findByTestId('elder-elder-1')).closest('tr')!; // eslint-disable-line @typescript-eslint/no-non-null-assertion
    expect(within(row).getByText('邻居 陈秀珍 的电话 137 0000 6782')).toBeTruthy();
    expect(within(row).getByText('外出')).toBeTruthy();
    expect(screen.getByText('找到 1 位')).toBeTruthy();
    const query = new URLSearchParams(server.asked.find((one) => one.route === 'GET /api/elders/directory')?.query);
    expect(Object.fromEntries(query)).toEqual({ q: '6782', offset: '0', presence: 'away' });
  });

  test('nobody: said in words, with a way on', async () => {
    server.on('GET /api/elders/directory', { items: [], total: 0, offset: 0 });
    show('/elders');
    expect(await screen.findByText('没有符合条件的老人')).toBeTruthy();
    expect(screen.getByTestId('elder-new')).toBeTruthy();
  });

  test('an agent sees neither duplicates nor files, a supervisor does', async () => {
    server.on('GET /api/elders/directory', { items: [], total: 0, offset: 0 });
    show('/elders');
    await screen.findByText('没有符合条件的老人');
    expect(screen.getByTestId('elders-parts').textContent).toBe('老人地址核对');
    show('/elders', SUPERVISOR);
    await waitFor(() =>
      expect(screen.getAllByTestId('elders-parts').at(-1)?.textContent).toBe('老人地址核对重复档案导入导出同意书文本'),
    );
  });
});

describe('a profile', () => {
  test('only what was changed is sent', async () => {
    server.on(SAVE, aProfile({ dialect: '河南话', version: 4 }));
    show('/elders/elder-1');
    fireEvent.click(await screen.findByTestId('profile-edit'));
    expect(save().disabled).toBe(true);
    fireEvent.change(typed(), { target: { value: '河南话' } });
    fireEvent.click(save());
    await screen.findByTestId('profile-view');
    expect(server.bodyOf(SAVE)).toEqual({ version: 3, dialect: '河南话' });
    expect(screen.getByText('河南话', { exact: false })).toBeTruthy();
  });

  test('somebody was quicker: who, what, and nothing that was typed is lost', async () => {
    const details = { version: 4, by: '李静', at: ago(20), fields: ['dialect', 'entrance_hint'] };
    server.on(SAVE, { error: { code: 'elder_changed', message: '', details } }, 409);
    show('/elders/elder-1');
    fireEvent.click(await screen.findByTestId('profile-edit'));
    fireEvent.change(typed(), { target: { value: '河南话' } });
    fireEvent.click(save());
    const told = await screen.findByTestId('elder-changed');
    expect(told.textContent).toContain('李静');
    expect(told.textContent).toContain('方言、进门提示');
    expect(typed().value).toBe('河南话');

    server.on(PROFILE, aProfile({ version: 4, dialect: '普通话', entrance_hint: '从北门进' }));
    fireEvent.click(screen.getByTestId('elder-rebase'));
    expect(await screen.findByText('有 1 项双方都改了，请核对后再保存。')).toBeTruthy();
    expect(typed().value).toBe('河南话');
    expect(screen.getByText('对方改成：普通话')).toBeTruthy();
    expect(screen.getByDisplayValue('从北门进')).toBeTruthy();

    server.on(SAVE, aProfile({ version: 5, dialect: '河南话' }));
    fireEvent.click(save());
    await screen.findByTestId('profile-view');
    expect(server.bodyOf(SAVE)).toEqual({ version: 4, dialect: '河南话' });
  });

  test('a fault is shown at its field, and saved is nothing', async () => {
    const error = { code: 'number_invalid', message: '', details: { field: 'numbers.1.number' } };
    server.on(SAVE, { error }, 422);
    show('/elders/elder-1');
    fireEvent.click(await screen.findByTestId('profile-edit'));
    fireEvent.change(screen.getByTestId('field-number-1'), { target: { value: '138' } });
    fireEvent.click(save());
    const at = (): Element | null => screen.getByTestId('field-number-1').closest('.ant-form-item');
    await waitFor(() => expect(at()?.className).toContain('ant-form-item-has-error'));
    await waitFor(() => expect(at()?.textContent).toContain('这个号码无法识别'));
    expect(screen.getByTestId<HTMLInputElement>('field-number-1').value).toBe('138');
  });

  test('what was typed is there again after a call came in between', async () => {
    show('/elders/elder-1');
    fireEvent.click(await screen.findByTestId('profile-edit'));
    fireEvent.change(typed(), { target: { value: '河南话' } });
    document.body.innerHTML = '';
    show('/elders/elder-1');
    expect(await screen.findByText('这是您上次没有保存的修改。')).toBeTruthy();
    expect(typed().value).toBe('河南话');
  });

  test('without business with her: a reason opens her, and who changed what is told without contents', async () => {
    server
      .refuse(PROFILE, 'no_access', 403)
      .on('GET /api/elders/elder-1/changes', [
        { id: 'c', at: ago(9), by: '陈静', kind: 'edit', version: 2, fields: ['id_number', 'health.allergies'], values: null, of_merged: false },
      ]); // prettier-ignore
    show('/elders/elder-1');
    expect(await screen.findByTestId('break-glass')).toBeTruthy();
    expect((await screen.findByTestId('changes')).textContent).toContain('身份证号、过敏');
  });

  test('a death that was reported waits for a supervisor; an agent sees it and decides nothing', async () => {
    const death = {
      died_on: '2026-03-01',
      note: '女儿来电',
      reported_at: ago(60),
      reported_by: '陈静',
      confirmed_at: null,
      confirmed_by: '',
    };
    server.on(PROFILE, aProfile({ presence: 'deceased', presence_since: '2026-03-01', death }));
    show('/elders/elder-1');
    expect((await screen.findByTestId('death')).textContent).toContain('等待主管确认');
    expect(screen.queryByTestId('death-confirm')).toBeNull();
    expect(screen.queryByTestId('presence-change')).toBeNull();
    document.body.innerHTML = '';
    show('/elders/elder-1', SUPERVISOR);
    expect(await screen.findByTestId('death-confirm')).toBeTruthy();
  });
});

describe('press once', () => {
  const check = {
    id: 'k1', line: '12349', line_label: '服务热线', number: '0710-345 6789', started_at: iso(AT), started_by: '陈静',
    until: iso(AT + 600_000), state: 'waiting', settled_at: null, heard_number: '', heard_line: '',
  }; // prettier-ignore
  const lines = [{ number: '12349', label: '服务热线' }];
  const CHECKS = 'GET /api/elders/elder-1/checks';

  async function open(): Promise<void> {
    show('/elders/elder-1');
    fireEvent.click(await screen.findByRole('tab', { name: '话机验证' }));
  }

  test('waits with a clock', async () => {
    server.on(CHECKS, { lines, checks: [check] });
    await open();
    expect((await screen.findByTestId('check-waiting')).textContent).toContain('还剩 10:00');
    expect(screen.queryByTestId('check-start')).toBeNull();
  });

  test.each([
    ['proved', {}, '号码、线路、档案都对。'],
    ['wrong_line', { heard_line: '1234900' }, '打到了 1234900，应该是 12349'],
    ['wrong_number', { heard_number: '138 0000 6789' }, '来电显示的是 138 0000 6789，不是 0710-345 6789'],
    ['nobody', { heard_number: '0710-345****' }, '期间有未登记的号码 0710-345****'],
  ])('%s is told with what to do', async (state, over, text) => {
    server.on(CHECKS, { lines, checks: [{ ...check, ...over, state, settled_at: iso(AT) }] });
    await open();
    expect((await screen.findByTestId('checks')).textContent).toContain(text);
    expect(screen.getByTestId('check-start')).toBeTruthy();
  });
});

describe('a file', () => {
  const report = {
    id: 'b1', file_name: '老人.csv', size: 2, checked_at: iso(AT), actor_name: '黄志强', state: 'checked', settled_at: null,
    rows_total: 4, rows_good: 2, rows_bad: 1, rows_known: 1, more_problems: false,
    problems: [
      { row: 3, column: '居住情况', value: '一个人', code: 'not_one_of', hint: '独居 / 空巢', known_id: null, warning: false },
      { row: 4, column: '身份证号', value: '420***********9023', code: 'known', hint: '', known_id: 'elder-9', warning: false },
    ],
  }; // prettier-ignore

  async function choose(): Promise<void> {
    server.on('GET /api/elder-imports', []);
    show('/elders/import', SUPERVISOR);
    const field = await screen.findByTestId('import-file');
    fireEvent.change(field, { target: { files: [new File(['{}'], '老人.csv')] } });
  }

  test('is told row by row, and the good rows alone can come in', async () => {
    server
      .on('POST /api/elder-imports', report)
      .on('POST /api/elder-imports/b1/commit', { ...report, state: 'imported', settled_at: iso(AT) });
    await choose();
    const shown = await screen.findByTestId('import-report');
    expect(shown.textContent).toContain('只能填：独居 / 空巢');
    expect(within(shown).getByText('打开已有档案').getAttribute('href')).toBe('/elders/elder-9');
    fireEvent.click(screen.getByTestId('import-commit'));
    fireEvent.click(await screen.findByRole('button', { name: /确\s?定|OK/ }));
    expect(await screen.findByText('已导入 2 位老人')).toBeTruthy();
    expect(server.bodyOf('POST /api/elder-imports/b1/commit')).toEqual({ rows: 'good' });
  });

  test('that was imported already says by whom and when', async () => {
    const details = { by: '郑丽华', at: ago(3600), rows: 12 };
    server.on('POST /api/elder-imports', { error: { code: 'file_imported', message: '', details } }, 409);
    await choose();
    expect((await screen.findByRole('alert')).textContent).toContain('已由 郑丽华 于');
  });
});

test('an own request for an export waits for a colleague, another’s can be approved', async () => {
  const one = {
    number: 'DC-0001', asked_at: ago(60), asked_by: '黄志强', reason: '街道核对名单', format: 'xlsx', sensitive: true, filter: { category: '高龄' },
    place: '施营社区', rows: 3, state: 'asked', decided_at: null, decided_by: '', decision_note: '', until: null, downloads: 0,
  }; // prettier-ignore
  server.on('GET /api/elder-exports', [
    { ...one, id: 'x1', is_mine: true },
    { ...one, id: 'x2', is_mine: false },
  ]);
  show('/elders/exports', SUPERVISOR);
  const [mine, other] = await screen.findAllByTestId('export');
  expect(mine?.textContent).toContain('自己的申请要由同事批准');
  expect(within(other as HTMLElement).getByTestId('export-approve')).toBeTruthy();
  expect(within(mine as HTMLElement).queryByTestId('export-approve')).toBeNull();
});
