import { fireEvent, screen } from '@testing-library/react';
import { beforeEach, expect, test } from 'vitest';
import { aCase, OPTIONS } from '../../testing/fixtures';
import { fakeServer, type FakeServer } from '../../testing/server';
import { Stage } from '../../testing/stage';
import { History } from './History';

const ROUTE = 'GET /api/elders/elder-1/cases';
let stage: Stage;
let server: FakeServer;
beforeEach(() => {
  stage = new Stage();
  server = fakeServer().on('GET /api/options', OPTIONS);
});
const show = (): void => void stage.show(<History elderId="elder-1" currentId="now" />);

test('what was before, without the case that is looked at; a click opens one', async () => {
  server.on(ROUTE, [
    aCase({ id: 'now' }),
    aCase({ id: 'old', number: '260301-0004', outcome: 'helped', presses: 3, owner_name: '刘洋' }),
  ]);
  show();
  const row = await screen.findByText('260301-0004');
  expect(screen.getAllByRole('button')).toHaveLength(1);
  expect(screen.getByText('按键 3 次')).toBeTruthy();
  expect(screen.getByText('刘洋 处理')).toBeTruthy();
  fireEvent.click(row);
  expect(stage.focus.get().caseId).toBe('old');
});

test('nothing before is said in words', async () => {
  server.on(ROUTE, [aCase({ id: 'now' })]);
  show();
  expect(await screen.findByText('没有以前的事件')).toBeTruthy();
});

test('a full page offers the next one, which is asked for after the last of it', async () => {
  server.on(
    ROUTE,
    Array.from({ length: 20 }, (_, i) => aCase({ id: `case-${i}`, number: `no-${i}` })),
  );
  show();
  fireEvent.click(await screen.findByText('更早的事件'));
  await screen.findAllByText('no-3');
  expect(server.asked.some((asked) => asked.query.includes('before=case-19'))).toBe(true);
});

test('a refusal is said, and can be tried again', async () => {
  server.refuse(ROUTE, 'no_access', 403);
  show();
  expect(await screen.findByText('您没有查看这位老人的权限')).toBeTruthy();
  server.on(ROUTE, []);
  fireEvent.click(screen.getByRole('button'));
  expect(await screen.findByText('没有以前的事件')).toBeTruthy();
});
