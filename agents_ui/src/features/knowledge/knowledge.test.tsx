import { fireEvent, screen, waitFor } from '@testing-library/react';
import { App } from 'antd';
import { beforeEach, expect, test } from 'vitest';
import { aPerson, OPTIONS } from '../../testing/fixtures';
import { fakeServer, type FakeServer } from '../../testing/server';
import { Stage } from '../../testing/stage';
import { ArticleForm } from './ArticleForm';
import type { ArticleView } from './queries';
import { Suggested } from './Suggested';
import { Versions } from './Versions';

let server: FakeServer;
let stage: Stage;
beforeEach(() => {
  server = fakeServer().on('GET /api/options', OPTIONS).on('GET /api/regions', []);
  stage = new Stage(aPerson({ permissions: ['calls:see', 'knowledge:read', 'knowledge:write'] }));
});

const article = (over: Partial<ArticleView> = {}): ArticleView => ({
  id: 'a1',
  version: 2,
  title: '高龄津贴',
  body: '到社区。',
  topic: 'policy',
  state: 'published',
  lines: ['service'],
  outcomes: [],
  keywords: [],
  region_id: null,
  priority: 0,
  review_by: null,
  valid_until: null,
  updated_at: '2026-03-02T07:00:00Z',
  updated_by: '黄志强',
  is_over: false,
  review_due: false,
  ...over,
});

test('suggested titles open the article beside the call', async () => {
  server
    .on('GET /api/knowledge/suggested', [{ id: 'a1', title: '什么时候必须转 120', topic: 'emergency' }])
    .on('GET /api/knowledge', [])
    .on('GET /api/knowledge/a1', article({ title: '什么时候必须转 120', body: '- **叫不醒**' }));
  stage.show(<Suggested line="sos" topic="emergency" communityId={null} />);
  fireEvent.click(await screen.findByRole('button', { name: /什么时候必须转 120/ }));
  expect((await screen.findByTestId('drawer-article')).textContent).toContain('叫不醒');
});

test('nothing to suggest takes no room, and who may not read is not asked for', async () => {
  server.on('GET /api/knowledge/suggested', []);
  const { unmount } = stage.show(<Suggested line="service" topic={null} communityId={null} />);
  await waitFor(() => expect(server.routes()).toEqual(['GET /api/knowledge/suggested']));
  expect(screen.queryByTestId('suggested')).toBeNull();
  unmount();
  new Stage(aPerson({ permissions: ['calls:see'] })).show(<Suggested line="sos" topic={null} communityId={null} />);
  expect(server.routes()).toHaveLength(1);
});

test('somebody else saved meanwhile: what was written stays, theirs is shown, and the next save knows it', async () => {
  const show = (shown: ArticleView) => (
    <App>
      <ArticleForm article={shown} onDone={() => undefined} onCancel={() => undefined} />
    </App>
  );
  const { rerender } = stage.show(show(article()));
  fireEvent.change(screen.getByTestId('article-text'), { target: { value: '到街道。' } });
  fireEvent.click(screen.getByTestId('article-save'));
  expect(await screen.findByText('写一句，方便以后查')).toBeTruthy();
  expect(server.routes()).not.toContain('PUT /api/knowledge/a1');

  server.on(
    'PUT /api/knowledge/a1',
    { error: { code: 'article_changed', message: '', details: { version: 3, by: '袁秋云' } } },
    409,
  );
  fireEvent.change(screen.getByTestId('article-note'), { target: { value: '换了地方' } });
  fireEvent.click(screen.getByTestId('article-save'));
  expect(await screen.findByText(/袁秋云 刚刚保存过这篇文章/)).toBeTruthy();
  fireEvent.click(screen.getByRole('button', { name: '看对方的版本' }));
  rerender(show(article({ version: 3, body: '到社区窗口。' })));
  const theirs = await screen.findByTestId('article-theirs');
  expect(theirs.textContent).toBe('到街道。到社区窗口。');
  expect(screen.getByTestId<HTMLTextAreaElement>('article-text').value).toBe('到街道。');

  server.on('PUT /api/knowledge/a1', article({ version: 4, body: '到街道。' }));
  fireEvent.click(screen.getByTestId('article-save'));
  await waitFor(() =>
    expect(server.bodyOf('PUT /api/knowledge/a1')).toMatchObject({ version: 3, body: '到街道。', note: '换了地方' }),
  );
});

test('a version shows what it changed, in marks that do not need colour', async () => {
  const { title, body, topic, state, lines, outcomes, keywords, region_id, priority, review_by, valid_until } =
    article();
  const content = { title, body, topic, state, lines, outcomes, keywords, region_id, priority, review_by, valid_until };
  const line = (number: number) => ({
    number,
    at: '2026-03-02T07:00:00Z',
    author_name: '黄志强',
    note: `第${number}次`,
    state: 'published',
  });
  server
    .on('GET /api/knowledge/a1/versions', [line(2), line(1)])
    .on('GET /api/knowledge/a1/versions/2', { ...line(2), content: { ...content, priority: 3 } })
    .on('GET /api/knowledge/a1/versions/1', { ...line(1), content: { ...content, body: '到街道。' } });
  stage.show(<Versions article={article()} onRestored={() => undefined} />);
  expect(await screen.findByText('其他改动：推荐优先级')).toBeTruthy();
  expect(screen.getByTestId('versions').textContent).toContain('删去: − 到街道。加上: + 到社区。');
  expect(screen.queryByTestId('restore-2')).toBeNull();
  expect(screen.getByTestId('restore-1')).toBeTruthy();
});
