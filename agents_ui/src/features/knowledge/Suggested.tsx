import { BookOutlined } from '@ant-design/icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { ArticleDrawer } from './ArticleDrawer';
import { useSuggested, type About } from './queries';

/** Two or three titles that may help in this call; one click opens the article beside it. */
export function Suggested(about: About) {
  const { me } = useConsole();
  return may(me, 'knowledge:read') ? <Titles {...about} /> : null;
}

function Titles(about: About) {
  const { t } = useTranslation();
  const found = useSuggested(about);
  const [open, setOpen] = useState<string | null>(null);
  if (!found.data || found.data.length === 0) return null;
  return (
    <section className="panel suggested" aria-label={t('knowledgePage.suggested')} data-testid="suggested">
      <header className="panel-head">{t('knowledgePage.suggested')}</header>
      <ul>
        {found.data.map((one) => (
          <li key={one.id}>
            <button type="button" className="suggested-title" onClick={() => setOpen(one.id)}>
              <BookOutlined /> {one.title}
            </button>
          </li>
        ))}
      </ul>
      <ArticleDrawer articleId={open} onClose={() => setOpen(null)} />
    </section>
  );
}
