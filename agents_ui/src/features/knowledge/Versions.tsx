import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Popconfirm, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { useNow } from '../../app/console-context';
import { errorText, lookUp } from '../../i18n/words';
import { moment } from '../../kit/format';
import { changedFields, diffLines } from './diff';
import { useVersion, useVersions, type ArticleView } from './queries';

/** What the article has been, what each version changed, and the way back. */
export function Versions({ article, onRestored }: { article: ArticleView; onRestored: () => void }) {
  const { t } = useTranslation();
  const now = useNow(60_000);
  const queries = useQueryClient();
  const versions = useVersions(article.id);
  const [open, setOpen] = useState<number>(article.version);
  const restore = useMutation({
    mutationFn: (number: number) =>
      unwrap(
        api.POST('/api/knowledge/{article_id}/restore', {
          params: { path: { article_id: article.id } },
          body: { version: article.version, number },
        }),
      ),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['knowledge'] });
      onRestored();
    },
  });
  if (versions.isPending) return <Skeleton active />;
  if (versions.isError) return <Alert type="error" showIcon title={errorText(versions.error)} />;
  return (
    <div data-testid="versions">
      {restore.isError && <Alert type="error" showIcon title={errorText(restore.error)} />}
      {versions.data.map((line) => (
        <div key={line.number}>
          <div className="version-row">
            <Button type="link" size="small" aria-expanded={open === line.number} onClick={() => setOpen(line.number)}>
              {t('knowledgePage.versions.number', { number: line.number })}
            </Button>
            <span className="ellipsis">{line.note}</span>
            <span className="quiet">
              {line.author_name} <span className="num">{moment(Date.parse(line.at), now)}</span>
            </span>
            {line.number === article.version ? (
              <span className="quiet">{t('knowledgePage.versions.current')}</span>
            ) : (
              <Popconfirm
                title={t('knowledgePage.versions.restoreAsk', { number: line.number })}
                okText={t('common.confirm')}
                cancelText={t('common.cancel')}
                onConfirm={() => restore.mutate(line.number)}
              >
                <Button size="small" data-testid={`restore-${line.number}`}>
                  {t('knowledgePage.versions.restore')}
                </Button>
              </Popconfirm>
            )}
          </div>
          {open === line.number && <Difference articleId={article.id} number={line.number} />}
        </div>
      ))}
    </div>
  );
}

function Difference({ articleId, number }: { articleId: string; number: number }) {
  const { t } = useTranslation();
  const after = useVersion(articleId, number);
  const before = useVersion(articleId, number > 1 ? number - 1 : null);
  if (!after.data || (number > 1 && !before.data)) return <Skeleton active />;
  const old = before.data?.content;
  const fields = old ? changedFields(old, after.data.content, ['body', 'title']) : [];
  const lines = [
    ...diffLines(old?.title ?? '', after.data.content.title),
    ...diffLines(old?.body ?? '', after.data.content.body),
  ].filter((line) => old !== undefined || line.kind === 'added');
  const changed = lines.some((line) => line.kind !== 'same');
  return (
    <>
      {!old && <p className="quiet">{t('knowledgePage.versions.first')}</p>}
      {fields.length > 0 && (
        <p>
          {t('knowledgePage.versions.fields', {
            fields: fields.map((field) => lookUp(`knowledgePage.form.${camel(field)}`) ?? field).join(', '),
          })}
        </p>
      )}
      {!changed && fields.length === 0 && <p className="quiet">{t('knowledgePage.versions.same')}</p>}
      {changed && (
        <div className="diff">
          {lines.map((line, index) => (
            <div key={index} className={`diff-${line.kind}`}>
              {line.kind !== 'same' && (
                <span className="visually-hidden">{t(`knowledgePage.versions.${line.kind}`)}: </span>
              )}
              <span aria-hidden>{line.kind === 'added' ? '+ ' : line.kind === 'removed' ? '− ' : '  '}</span>
              {line.text}
            </div>
          ))}
        </div>
      )}
    </>
  );
}

/** review_by → reviewBy; region_id → region: as the form calls it. */
function camel(field: string): string {
  return field.replace(/_id$/, '').replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
