import { EditOutlined, HistoryOutlined } from '@ant-design/icons';
import { Alert, Button, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useParams } from 'react-router';
import { useNow } from '../../app/console-context';
import { errorText } from '../../i18n/words';
import { moment } from '../../kit/format';
import { ArticleBody } from './ArticleBody';
import { ArticleForm } from './ArticleForm';
import { useArticle, type ArticleView } from './queries';
import { Versions } from './Versions';

export function NewArticle() {
  const navigate = useNavigate();
  return (
    <ArticleForm
      article={null}
      onDone={(saved) => void navigate(`/knowledge/${saved.id}`)}
      onCancel={() => void navigate('/knowledge')}
    />
  );
}

export function Article({ writes }: { writes: boolean }) {
  const { articleId = '' } = useParams();
  const article = useArticle(articleId);
  if (article.isPending) return <Skeleton active paragraph={{ rows: 8 }} />;
  if (article.isError) return <Alert type="warning" showIcon title={errorText(article.error)} />;
  return <Shown key={articleId} article={article.data} writes={writes} />;
}

function Shown({ article, writes }: { article: ArticleView; writes: boolean }) {
  const { t } = useTranslation();
  const now = useNow(60_000);
  const [mode, setMode] = useState<'read' | 'edit' | 'versions'>('read');
  if (mode === 'edit') {
    return <ArticleForm article={article} onDone={() => setMode('read')} onCancel={() => setMode('read')} />;
  }
  return (
    <article data-testid="article">
      <div className="article-head">
        <h2 className="article-title">{article.title}</h2>
        {writes && (
          <>
            <Button
              icon={<HistoryOutlined />}
              data-testid="article-versions"
              onClick={() => setMode(mode === 'read' ? 'versions' : 'read')}
            >
              {t('knowledgePage.versions.title')}
            </Button>
            <Button type="primary" icon={<EditOutlined />} data-testid="article-edit" onClick={() => setMode('edit')}>
              {t('knowledgePage.edit')}
            </Button>
          </>
        )}
      </div>
      <div className="article-tags quiet">
        {article.state !== 'published' && (
          <span className="sev sev-done">{t(`knowledgePage.state.${article.state}`)}</span>
        )}
        {article.is_over && <span className="sev sev-U1">{t('knowledgePage.over')}</span>}
        {article.review_due && <span className="sev sev-U2">{t('knowledgePage.reviewDue')}</span>}
        <span>{t(`knowledgePage.topic.${article.topic}`)}</span>
        {article.lines.map((line) => (
          <span key={line}>{t(`knowledgePage.line.${line}`)}</span>
        ))}
        <span>
          {t('knowledgePage.updated', { name: article.updated_by, time: moment(Date.parse(article.updated_at), now) })}
        </span>
        {article.valid_until && (
          <span>
            {t('knowledgePage.form.validUntil')} {article.valid_until}
          </span>
        )}
      </div>
      {mode === 'versions' ? (
        <Versions article={article} onRestored={() => setMode('read')} />
      ) : (
        <ArticleBody body={article.body} />
      )}
    </article>
  );
}
