import { Alert, Drawer, Input, Skeleton } from 'antd';
import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { errorText } from '../../i18n/words';
import { ArticleBody } from './ArticleBody';
import { useArticle, useArticles } from './queries';

/** Beside the desk: an article, and the search for another, without leaving the call. */
export function ArticleDrawer({ articleId, onClose }: { articleId: string | null; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Drawer
      open={articleId !== null}
      onClose={onClose}
      size={480}
      mask={false}
      title={t('knowledgePage.drawer')}
      destroyOnHidden
    >
      {articleId !== null && <Reader key={articleId} first={articleId} />}
    </Drawer>
  );
}

function Reader({ first }: { first: string }) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState(first);
  const asked = useDeferredValue(text.trim());
  const hits = useArticles(asked, '', '');
  const article = useArticle(chosen);
  return (
    <div className="article-reader">
      <Input
        allowClear
        value={text}
        maxLength={100}
        placeholder={t('knowledgePage.search')}
        aria-label={t('knowledgePage.search')}
        data-testid="drawer-search"
        onChange={(event) => setText(event.target.value)}
      />
      {asked !== '' && (
        <ul className="article-hits">
          {hits.data?.length === 0 && <li className="quiet">{t('knowledgePage.none', { text: asked })}</li>}
          {hits.data?.slice(0, 8).map((hit) => (
            <li key={hit.id}>
              <button
                type="button"
                className="suggested-title"
                onClick={() => {
                  setChosen(hit.id);
                  setText('');
                }}
              >
                {hit.title}
              </button>
            </li>
          ))}
        </ul>
      )}
      {article.isPending && <Skeleton active />}
      {article.isError && <Alert type="error" showIcon title={errorText(article.error)} />}
      {article.data && (
        <article data-testid="drawer-article">
          <h2 className="article-title">{article.data.title}</h2>
          <ArticleBody body={article.data.body} />
        </article>
      )}
    </div>
  );
}
