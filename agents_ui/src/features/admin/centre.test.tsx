import { fireEvent, screen, waitFor } from '@testing-library/react';
import { App, ConfigProvider } from 'antd';
import { beforeEach, describe, expect, test } from 'vitest';
import { zh } from '../../i18n/zh';
import { aPerson, anOption } from '../../testing/fixtures';
import { fakeServer, type FakeServer } from '../../testing/server';
import { Stage } from '../../testing/stage';
import { LinesTab } from './LinesTab';
import { OpeningsTab } from './OpeningsTab';
import { OptionListCard } from './OptionListCard';
import type { Setting } from './queries';
import { SettingsTab } from './SettingsTab';

const ADMIN = aPerson({
  id: 'admin',
  role: 'admin',
  permissions: ['users:read', 'users:write', 'centre:read', 'centre:write'],
});

let server: FakeServer;
beforeEach(() => {
  server = fakeServer()
    .on('GET /api/teams', { teams: [] })
    .on('GET /api/regions', [])
    .on('GET /api/option-lists', { lists: [] })
    .on('GET /api/lines', { lines: [] })
    .on('GET /api/options', {});
});
const show = (ui: React.ReactNode): void =>
  void new Stage(ADMIN).show(
    <ConfigProvider button={{ autoInsertSpace: false }}>
      <App>{ui}</App>
    </ConfigProvider>,
  );

describe('lines', () => {
  const lines = [
    { number: '1234900', kind: 'sos', label: '紧急呼叫', active: true, carrier: 'pbx' },
    { number: '12349', kind: 'service', label: '服务热线', active: true, carrier: 'twilio' },
  ];
  test('the last SOS line has no key to switch it off, and says why', async () => {
    server.on('GET /api/lines', { lines });
    show(<LinesTab canWrite />);
    await screen.findByText('紧急呼叫');
    expect(screen.queryByTestId('off-1234900')).toBeNull();
    expect(screen.getByTitle('最后一条 SOS 线路不能关闭')).toBeTruthy();
    expect(screen.getByTestId('off-12349')).toBeTruthy();
    expect(screen.getByText('本地交换机')).toBeTruthy();
    expect(screen.getByText('Twilio')).toBeTruthy();
  });
  test('with a second one either can be', async () => {
    server.on('GET /api/lines', {
      lines: [...lines, { number: '96519', kind: 'sos', label: '红键', active: true, carrier: 'pbx' }],
    });
    show(<LinesTab canWrite />);
    await screen.findByText('红键');
    expect(screen.getByTestId('off-1234900')).toBeTruthy();
  });
});

describe('a list to choose from', () => {
  const options = [
    anOption('helped', '已帮到', 'Helped'),
    anOption('prank', '骚扰电话', 'Prank', { closes_case: true }),
    anOption('old', '旧的', 'Old', { retired_at: '2026-01-01T00:00:00Z' }),
  ];
  beforeEach(() => void server.on('GET /api/option-lists', { lists: [{ kind: 'outcome', options }] }));

  test('is put in order by its codes, retired ones left alone', async () => {
    server.on('POST /api/option-lists/outcome/order', { kind: 'outcome', options });
    show(<OptionListCard kind="outcome" title="通话结果" hint="" canWrite />);
    fireEvent.click(await screen.findByRole('button', { name: '下移 已帮到' }));
    await waitFor(() =>
      expect(server.bodyOf('POST /api/option-lists/outcome/order')).toEqual({ codes: ['prank', 'helped'] }),
    );
  });
  test('shows retired ones when asked, to be restored', async () => {
    server.on('POST /api/option-lists/outcome/old/retire', { kind: 'outcome', options });
    show(<OptionListCard kind="outcome" title="通话结果" hint="" canWrite />);
    fireEvent.click(await screen.findByText('已停用 1 项，旧记录仍显示'));
    fireEvent.click(screen.getByTestId('restore-old'));
    await waitFor(() => expect(server.bodyOf('POST /api/option-lists/outcome/old/retire')).toEqual({ retired: false }));
  });
  test('renaming says what it means for old records', async () => {
    server.on('POST /api/option-lists/outcome/prank', { kind: 'outcome', options });
    show(<OptionListCard kind="outcome" title="通话结果" hint="" canWrite />);
    fireEvent.click(await screen.findByTestId('rename-prank'));
    expect(await screen.findByText(/改名会同时改变旧记录/)).toBeTruthy();
    fireEvent.change(screen.getByTestId('option-zh'), { target: { value: '骚扰' } });
    fireEvent.click(screen.getByRole('button', { name: '保存' }));
    await waitFor(() =>
      expect(server.bodyOf('POST /api/option-lists/outcome/prank')).toEqual({
        label_zh: '骚扰',
        label_en: 'Prank',
        closes_case: true,
        for_sos: true,
      }),
    );
  });
});

test('an opening is read with a name before it is saved', async () => {
  server.on('GET /api/openings', { openings: [] }).on('POST /api/openings', {});
  show(<OpeningsTab canWrite />);
  fireEvent.click(await screen.findByTestId('add-opening'));
  fireEvent.change(await screen.findByTestId('opening-text'), {
    target: { value: '您好，{centre}。{name}，慢慢说。' },
  });
  await waitFor(() =>
    expect(screen.getByTestId('preview-known').textContent).toBe('效果： 您好，襄阳。王阿姨，慢慢说。'),
  );
  fireEvent.change(screen.getByTestId('opening-unknown'), { target: { value: '您好，{centre}。' } });
  fireEvent.change(screen.getByTestId('reason'), { target: { value: '统一话术' } });
  fireEvent.click(screen.getByRole('button', { name: '保存' }));
  await waitFor(() =>
    expect(server.bodyOf('POST /api/openings')).toEqual({
      line: '',
      dialect: '',
      text: '您好，{centre}。{name}，慢慢说。',
      text_unknown: '您好，{centre}。',
      reason: '统一话术',
    }),
  );
});

describe('settings', () => {
  const wrapUp: Setting = {
    key: 'wrap_up',
    group: 'desk',
    kind: 'seconds',
    least: 5,
    most: 600,
    label_zh: '小结时间',
    label_en: 'Wrap-up',
    help_zh: '帮助',
    help_en: 'help',
    default: 60,
    value: 45,
    planned: [],
    seen: 7,
    counting: {
      id: 7,
      value: 45,
      valid_from: '2026-03-02T07:00:00Z',
      at: '2026-03-02T07:00:00Z',
      by_name: '赵雯',
      reason: '晚班人手少',
    },
  };
  beforeEach(() => void server.on('GET /api/settings', { on: null, settings: [wrapUp] }));
  const change = async (value: string): Promise<void> => {
    show(<SettingsTab canWrite />);
    fireEvent.click(await screen.findByTestId('change-wrap_up'));
    fireEvent.change(await screen.findByTestId('setting-value'), { target: { value } });
    fireEvent.change(screen.getByTestId('reason'), { target: { value: '演练' } });
    fireEvent.click(screen.getByTestId('save-setting'));
  };

  test('says what counts, what would by default, and who changed it why', async () => {
    show(<SettingsTab canWrite={false} />);
    const row = await screen.findByTestId('setting-wrap_up');
    expect(row.textContent).toContain('45 秒');
    expect(row.textContent).toContain('默认 60 秒');
    expect(row.textContent).toContain('赵雯');
    expect(row.textContent).toContain('晚班人手少');
    expect(screen.queryByTestId('change-wrap_up')).toBeNull();
  });
  test('no group is left out', async () => {
    const groups = Object.keys(zh.adminPage.settings.groups) as Setting['group'][];
    server.on('GET /api/settings', { on: null, settings: groups.map((group) => ({ ...wrapUp, key: group, group })) });
    show(<SettingsTab canWrite={false} />);
    for (const group of groups) expect(await screen.findByTestId(`setting-${group}`)).toBeTruthy();
  });
  test('a change carries what was seen last', async () => {
    server.on('POST /api/settings/wrap_up', wrapUp);
    await change('90');
    await waitFor(() =>
      expect(server.bodyOf('POST /api/settings/wrap_up')).toEqual({
        value: 90,
        reason: '演练',
        valid_from: null,
        seen: 7,
      }),
    );
  });
  test('a value out of bounds is refused with the bounds and not sent', async () => {
    await change('601');
    await waitFor(() => expect(screen.getAllByText('5 到 600 秒').length).toBeGreaterThan(1));
    expect(server.routes()).not.toContain('POST /api/settings/wrap_up');
  });
  test('somebody faster is told of', async () => {
    server.refuse('POST /api/settings/wrap_up', 'setting_changed', 409);
    await change('90');
    expect(await screen.findByText('这一项刚被别人改过，请看最新内容后再改')).toBeTruthy();
  });
  test('the default comes back with a reason', async () => {
    server.on('POST /api/settings/wrap_up', wrapUp);
    show(<SettingsTab canWrite />);
    fireEvent.click(await screen.findByTestId('change-wrap_up'));
    fireEvent.click(await screen.findByTestId('reset'));
    expect(await screen.findByText('请写明原因，方便同事了解')).toBeTruthy();
    fireEvent.change(screen.getByTestId('reason'), { target: { value: '恢复' } });
    fireEvent.click(screen.getByTestId('reset'));
    await waitFor(() =>
      expect(server.bodyOf('POST /api/settings/wrap_up')).toEqual({
        value: null,
        reason: '恢复',
        valid_from: null,
        seen: 7,
      }),
    );
  });
});
