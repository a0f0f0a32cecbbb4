import { fireEvent, screen, waitFor } from '@testing-library/react';
import { App } from 'antd';
import { beforeEach, describe, expect, test } from 'vitest';
import { ApiError } from '../../api/errors';
import { startI18n } from '../../i18n';
import { AT, aPerson, iso } from '../../testing/fixtures';
import { fakeServer, type FakeServer } from '../../testing/server';
import { Stage } from '../../testing/stage';
import { CampaignDetail } from './CampaignDetail';
import { CampaignForm } from './CampaignForm';
import { EMPTY, lacks, toBody } from './draft';
import type { Campaign, Progress } from './queries';
import { called, problem, reasons, toCall, total } from './words';

const PROGRESS: Progress = {
  all: 40, refused: 5, refused_why: { deceased: 1, departed: 4 }, waiting: 20, calling: 2, again: 3, heard: 6, help: 1, not_reached: 2,
  dropped: 1, dropped_why: { departed: 1 },
}; // prettier-ignore
const HEAT: Campaign = {
  id: 'k1', version: 3, name: '高温提醒', prompt: 'campaign_heat', sentence: '这几天天气很热。', state: 'running', starts_at: iso(AT - 60_000),
  hour_from: 8, hour_until: 20, made_at: iso(AT - 3_600_000), made_by: '周敏', started_at: iso(AT - 60_000), ended_at: null, progress: PROGRESS,
}; // prettier-ignore
const HER = {
  id: 'p1', version: 1, purpose: 'campaign', way: 'keys', why: 'campaign', state: 'done', elder_id: 'e1', name: '王桂兰', community: '施营',
  due_at: iso(AT), attempts: 1, asks_contact: false, result: 'help', keyed: '9', drop_reason: null, case_id: 'c1', done_at: iso(AT),
}; // prettier-ignore
let server: FakeServer;
beforeEach(() => {
  server = fakeServer()
    .on('GET /api/campaigns', [HEAT])
    .on('GET /api/campaigns/k1/calls', { calls: [HER], more: 0 })
    .on('GET /api/campaigns/prompts', [{ name: 'campaign_heat', text: '这几天天气很热。' }])
    .on('GET /api/regions', [])
    .on('GET /api/elders/categories', []);
});

function stage(ui: React.ReactNode): void {
  new Stage(aPerson({ permissions: ['outreach:read', 'outreach:write'] })).show(<App>{ui}</App>);
}

describe('figures', () => {
  test('sum to the list', () => {
    expect(total(PROGRESS)).toBe(PROGRESS.all);
    expect(called(PROGRESS) + PROGRESS.waiting + PROGRESS.dropped).toBe(toCall(PROGRESS));
  });

  test('tell why, the most frequent first', () => {
    startI18n();
    expect(reasons(PROGRESS.refused_why)).toBe('外出、住院或已迁出 4 · 已故 1');
    expect(reasons({})).toBe('');
  });
});

describe('a draft', () => {
  const ready = { ...EMPTY, name: ' 高温 ', prompt: 'campaign_heat' };
  test('tells what is missing', () => {
    expect(lacks(EMPTY)).toEqual(['name', 'prompt']);
    expect(lacks(ready)).toEqual([]);
    expect(lacks({ ...ready, by: 'names' })).toEqual(['elders']);
    expect(lacks({ ...ready, health: ['氧'] })).toEqual(['health']);
    expect(lacks({ ...ready, from: 20 })).toEqual(['hours']);
  });

  test('by name sends nothing of the place', () => {
    const both = { ...ready, region: 'r1', risk: 2, health: ['氧气'], elders: [{ id: 'e1', name: '王桂兰' }] };
    expect(toBody(both).chosen).toMatchObject({ elder_ids: [], region_id: 'r1', risk_from: 2, health_words: ['氧气'] });
    expect(toBody({ ...both, by: 'names' }).chosen).toEqual({
      elder_ids: ['e1'], region_id: null, risk_from: 0, living: null, category: '', health_words: [],
    }); // prettier-ignore
    expect(toBody(both).name).toBe('高温');
  });

  test('names her whom one may not see', () => {
    startI18n();
    const refused = new ApiError('no_access', 403, '', { elder_id: 'e1' });
    expect(problem(refused, new Map([['e1', '王桂兰']]))).toBe('您没有查看 王桂兰 的权限，请从名单里去掉');
    expect(problem(new ApiError('bad_hours', 422, ''), new Map())).toBe('开始的钟点要早于结束的钟点');
  });
});

test('a running one shows its figures and people, and is stopped after one question', async () => {
  server.on('POST /api/campaigns/k1/stop', { ...HEAT, state: 'stopped', version: 4 });
  stage(<CampaignDetail campaign={HEAT} />);
  expect(screen.getByText('已打 14 / 35 位')).toBeTruthy();
  expect(screen.getByTestId('figure-refused').textContent).toContain('外出、住院或已迁出 4');
  expect(screen.getByTestId('figure-all').textContent).toContain('40');
  expect(await screen.findByText('王桂兰')).toBeTruthy();
  fireEvent.click(screen.getByTestId('campaign-stop'));
  expect(server.routes()).not.toContain('POST /api/campaigns/k1/stop');
  fireEvent.click(await screen.findByTestId('campaign-stop-ok'));
  await waitFor(() => expect(server.routes()).toContain('POST /api/campaigns/k1/stop'));
});

test('a draft says who will be called and who will not before it is started', () => {
  const progress = { ...PROGRESS, waiting: 35, calling: 0, again: 0, heard: 0, help: 0, not_reached: 0, dropped: 0 };
  stage(<CampaignDetail campaign={{ ...HEAT, state: 'draft', progress }} />);
  expect(screen.getByText('要打 35 位')).toBeTruthy();
  expect(screen.getByTestId('campaign-before').textContent).toContain('不打 5 位：');
  expect(screen.getByTestId('campaign-start').textContent).toContain('开始拨打');
});

test('what is said is shown before the list is made', async () => {
  server.on('POST /api/campaigns', { ...HEAT, state: 'draft' });
  let made: Campaign | null = null;
  stage(<CampaignForm onMade={(one) => (made = one)} />);
  fireEvent.change(screen.getByTestId('campaign-name'), { target: { value: '七月高温' } });
  expect(screen.getByTestId<HTMLButtonElement>('campaign-make').disabled).toBe(true);
  fireEvent.mouseDown(screen.getByTestId('campaign-prompt').querySelector('.ant-select-selector, input') as Element);
  fireEvent.click(await screen.findByText('高温提醒'));
  expect(screen.getByTestId('campaign-words').textContent).toContain('这几天天气很热。');
  fireEvent.click(screen.getByTestId('campaign-make'));
  await waitFor(() => expect(made?.id).toBe('k1'));
  expect(server.bodyOf('POST /api/campaigns')).toMatchObject({ name: '七月高温', prompt: 'campaign_heat' });
});
