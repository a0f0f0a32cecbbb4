import { PlusOutlined } from '@ant-design/icons';
import { Alert, Button, Empty, Input, Select, Skeleton } from 'antd';
import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { NavLink, Route, Routes, useNavigate } from 'react-router';
import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { errorText } from '../../i18n/words';
import { Page } from '../shell/Page';
import { Article, NewArticle } from './Article';
import { TOPICS, useArticles, type ArticleHit, type ArticleState, type Topic } from './queries';
import '../console/console.css'; // panels: the desk may not have been opened yet
import './knowledge.css';

/** /knowledge, /knowledge/new, /knowledge/{id} */
export function KnowledgePage() {
  const { me } = useConsole();
  const { t } = useTranslation();
  const navigate = useNavigate();
  const writes = may(me, 'knowledge:write');
  return (
    <Page
      title={t('nav.knowledge')}
      extra={
        writes && (
          <Button
            type="primary"
            icon={<PlusOutlined />}
            data-testid="article-add"
            onClick={() => void navigate('/knowledge/new')}
          >
            {t('knowledgePage.add')}
          </Button>
        )
      }
    >
      <div className="knowledge">
        <List writes={writes} />
        <div className="panel knowledge-article">
          <Routes>
            <Route
              path="/"
              element={<Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('knowledgePage.pickOne')} />}
            />
            {writes && <Route path="new" element={<NewArticle />} />}
            <Route path=":articleId" element={<Article writes={writes} />} />
          </Routes>
        </div>
      </div>
    </Page>
  );
}

function List({ writes }: { writes: boolean }) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const [topic, setTopic] = useState<Topic | ''>('');
  const [state, setState] = useState<ArticleState | ''>(writes ? '' : 'published');
  const asked = useDeferredValue(text.trim());
  const found = useArticles(asked, topic, state);
  return (
    <div className="panel knowledge-list">
      <div className="knowledge-find">
        <Input
          allowClear
          autoFocus
          maxLength={100}
          value={text}
          placeholder={t('knowledgePage.search')}
          aria-label={t('knowledgePage.search')}
          data-testid="article-search"
          onChange={(event) => setText(event.target.value)}
        />
        <Select
          value={topic}
          aria-label={t('knowledgePage.form.topic')}
          options={[
            { value: '', label: t('knowledgePage.all') },
            ...TOPICS.map((one) => ({ value: one, label: t(`knowledgePage.topic.${one}`) })),
          ]}
          onChange={setTopic}
        />
        {writes && (
          <Select
            value={state}
            aria-label={t('knowledgePage.form.state')}
            options={[
              { value: '', label: t('knowledgePage.form.state') },
              ...(['published', 'draft', 'retired'] as const).map((one) => ({
                value: one,
                label: t(`knowledgePage.state.${one}`),
              })),
            ]}
            onChange={setState}
          />
        )}
      </div>
      {found.isError && (
        <Alert type="error" showIcon title={t('knowledgePage.failed')} description={errorText(found.error)} />
      )}
      {found.isPending && <Skeleton active className="knowledge-article" />}
      {found.data?.length === 0 && (
        <Empty
          image={Empty.PRESENTED_IMAGE_SIMPLE}
          description={
            asked === '' ? (
              t('knowledgePage.empty')
            ) : (
              <>
                <strong>{t('knowledgePage.none', { text: asked })}</strong>
                <p className="quiet">{t('knowledgePage.noneHelp')}</p>
              </>
            )
          }
        />
      )}
      <ul className="knowledge-hits" data-testid="article-hits">
        {found.data?.map((hit) => (
          <Hit key={hit.id} hit={hit} />
        ))}
      </ul>
    </div>
  );
}

function Hit({ hit }: { hit: ArticleHit }) {
  const { t } = useTranslation();
  return (
    <li>
      <NavLink
        to={`/knowledge/${hit.id}`}
        className={({ isActive }) => (isActive ? 'knowledge-hit knowledge-hit-on' : 'knowledge-hit')}
      >
        <span className="knowledge-hit-title">
          <strong>{hit.title}</strong>
          {hit.state !== 'published' && <span className="sev sev-done">{t(`knowledgePage.state.${hit.state}`)}</span>}
          {hit.is_over && <span className="sev sev-U1">{t('knowledgePage.over')}</span>}
          {hit.review_due && !hit.is_over && <span className="sev sev-U2">{t('knowledgePage.reviewDue')}</span>}
          <span className="quiet">{t(`knowledgePage.topic.${hit.topic}`)}</span>
        </span>
        <span className="quiet knowledge-hit-excerpt">{hit.excerpt}</span>
      </NavLink>
    </li>
  );
}
