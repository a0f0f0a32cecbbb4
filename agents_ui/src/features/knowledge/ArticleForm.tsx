import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Checkbox, Form, Input, InputNumber, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { asApiError } from '../../api/errors';
import { useOptions } from '../../api/queries';
import { optionLabel } from '../../api/option-label';
import { errorText } from '../../i18n/words';
import { useRegions } from '../regions/queries';
import { placeOf } from '../regions/tree';
import { ArticleBody } from './ArticleBody';
import { diffLines } from './diff';
import { TOPICS, type ArticleContent, type ArticleView } from './queries';

interface Props {
  article: ArticleView | null;
  onDone: (saved: ArticleView) => void;
  onCancel: () => void;
}

interface Fields extends Omit<ArticleContent, 'region_id' | 'review_by' | 'valid_until'> {
  region_id: string;
  review_by: string;
  valid_until: string;
  note: string;
}

/** Every save is a version with a word about what is different. A save over somebody else's is refused, and nothing written is lost. */
export function ArticleForm({ article, onDone, onCancel }: Props) {
  const { t, i18n } = useTranslation();
  const { message } = App.useApp();
  const [form] = Form.useForm<Fields>();
  const [begunWith] = useState(article);
  const body = Form.useWatch('body', form) ?? '';
  const queries = useQueryClient();
  const options = useOptions();
  const regions = useRegions();
  const save = useMutation({
    mutationFn: ({ note, ...fields }: Fields) => {
      const content = {
        ...fields,
        region_id: fields.region_id || null,
        review_by: fields.review_by || null,
        valid_until: fields.valid_until || null,
      };
      return article === null
        ? unwrap(api.POST('/api/knowledge', { body: { ...content, note } }))
        : unwrap(
            api.PUT('/api/knowledge/{article_id}', {
              params: { path: { article_id: article.id } },
              body: { ...content, note, version: article.version },
            }),
          );
    },
    onSuccess: async (saved) => {
      void message.success(t('knowledgePage.form.saved'));
      queries.setQueryData(['knowledge', 'article', saved.id], saved);
      await queries.invalidateQueries({ queryKey: ['knowledge'] });
      onDone(saved);
    },
  });
  const conflict = save.isError && asApiError(save.error).code === 'article_changed' ? asApiError(save.error) : null;
  // Read anew, somebody else's words are shown beside what is written here; the next save is made knowing them.
  const look = async (): Promise<void> => {
    await queries.invalidateQueries({ queryKey: ['knowledge', 'article', article?.id] });
    save.reset();
  };
  const theirs = article !== null && begunWith !== null && article.version !== begunWith.version ? article : null;
  const initial: Fields = {
    title: article?.title ?? '',
    body: article?.body ?? '',
    topic: article?.topic ?? 'how_to',
    state: article?.state ?? 'draft',
    lines: article?.lines ?? [],
    outcomes: article?.outcomes ?? [],
    keywords: article?.keywords ?? [],
    region_id: article?.region_id ?? '',
    priority: article?.priority ?? 0,
    review_by: article?.review_by ?? '',
    valid_until: article?.valid_until ?? '',
    note: '',
  };
  const places = (regions.data ?? []).filter((one) => !one.retired && one.level !== 'grid');
  return (
    <Form
      form={form}
      layout="vertical"
      initialValues={initial}
      onFinish={(fields) => save.mutate(fields)}
      data-testid="article-form"
    >
      {conflict && (
        <Alert
          type="warning"
          showIcon
          title={t('knowledgePage.form.conflict', { name: String(conflict.details.by ?? '') })}
          action={<Button onClick={() => void look()}>{t('knowledgePage.form.compare')}</Button>}
        />
      )}
      {save.isError && !conflict && <Alert type="error" showIcon title={errorText(save.error)} />}
      {theirs !== null && (
        <div className="diff" data-testid="article-theirs">
          {diffLines(body, theirs.body).map((line, index) => (
            <div key={index} className={`diff-${line.kind}`}>
              {line.text}
            </div>
          ))}
        </div>
      )}
      <Form.Item
        name="title"
        label={t('knowledgePage.form.title')}
        rules={[{ required: true, min: 2, max: 60, whitespace: true, message: t('knowledgePage.form.titleNeeded') }]}
      >
        <Input maxLength={60} data-testid="article-title" />
      </Form.Item>
      <div className="article-form">
        <Form.Item
          name="body"
          label={t('knowledgePage.form.body')}
          extra={t('knowledgePage.form.bodyHelp')}
          rules={[{ required: true, whitespace: true, message: t('knowledgePage.form.bodyNeeded') }]}
        >
          <Input.TextArea maxLength={8000} autoSize={{ minRows: 14, maxRows: 28 }} data-testid="article-text" />
        </Form.Item>
        <div>
          <div className="ant-form-item-label">{t('knowledgePage.form.preview')}</div>
          <div className="article-preview">
            <ArticleBody body={body} />
          </div>
        </div>
      </div>
      <div className="article-fields">
        <Form.Item name="topic" label={t('knowledgePage.form.topic')}>
          <Select options={TOPICS.map((one) => ({ value: one, label: t(`knowledgePage.topic.${one}`) }))} />
        </Form.Item>
        <Form.Item name="state" label={t('knowledgePage.form.state')}>
          <Select
            options={(['draft', 'published', 'retired'] as const).map((one) => ({
              value: one,
              label: t(`knowledgePage.state.${one}`),
            }))}
          />
        </Form.Item>
        <Form.Item name="lines" label={t('knowledgePage.form.lines')}>
          <Checkbox.Group
            options={(['sos', 'service'] as const).map((one) => ({
              value: one,
              label: t(`knowledgePage.line.${one}`),
            }))}
          />
        </Form.Item>
        <Form.Item name="priority" label={t('knowledgePage.form.priority')}>
          <InputNumber min={0} max={9} precision={0} />
        </Form.Item>
        <Form.Item name="outcomes" label={t('knowledgePage.form.outcomes')}>
          <Select
            mode="multiple"
            options={(options.data?.outcomes ?? []).map((one) => ({
              value: one.code,
              label: optionLabel(one, i18n.language),
            }))}
          />
        </Form.Item>
        <Form.Item name="region_id" label={t('knowledgePage.form.region')}>
          <Select
            showSearch={{ optionFilterProp: 'label' }}
            options={[
              { value: '', label: t('knowledgePage.everywhere') },
              ...places.map((one) => ({ value: one.id, label: placeOf(places, one.id) })),
            ]}
          />
        </Form.Item>
        <Form.Item
          name="keywords"
          label={t('knowledgePage.form.keywords')}
          extra={t('knowledgePage.form.keywordsHelp')}
          className="article-field-wide"
        >
          <Select mode="tags" maxCount={20} open={false} suffixIcon={null} tokenSeparators={[',', '，', '、']} />
        </Form.Item>
        <Form.Item name="review_by" label={t('knowledgePage.form.reviewBy')}>
          <Input type="date" />
        </Form.Item>
        <Form.Item name="valid_until" label={t('knowledgePage.form.validUntil')}>
          <Input type="date" />
        </Form.Item>
        <Form.Item
          name="note"
          label={t('knowledgePage.form.note')}
          className="article-field-wide"
          rules={[{ required: article !== null, whitespace: true, message: t('knowledgePage.form.noteNeeded') }]}
        >
          <Input maxLength={200} data-testid="article-note" />
        </Form.Item>
      </div>
      <Button type="primary" htmlType="submit" loading={save.isPending} data-testid="article-save">
        {t(article === null ? 'knowledgePage.form.create' : 'knowledgePage.form.save')}
      </Button>{' '}
      <Button onClick={onCancel}>{t('common.cancel')}</Button>
    </Form>
  );
}
