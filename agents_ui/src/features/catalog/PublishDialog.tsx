import { App, Form, Modal } from 'antd';
import { useTranslation } from 'react-i18next';
import { Failure } from '../admin/Failure';
import { ReasonField } from '../admin/ReasonField';
import { ChangeList } from './ChangeList';
import { useEdit, type ItemDiff, type VersionItem, type VersionLine } from './queries';
import { formsOf, type Drafts } from './text';
import { instantOf, WhenField, type When } from './WhenField';

interface Props {
  items: readonly VersionItem[];
  drafts: Drafts;
  last: VersionLine | undefined;
  onDone: () => void;
  onClose: () => void;
}

/** What was gathered becomes a version: read once more, with why and from when. */
export function PublishDialog({ items, drafts, last, onDone, onClose }: Props) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const [form] = Form.useForm<When & { reason: string }>();
  const edit = useEdit();
  const after = last?.state === 'planned' ? last.valid_from : undefined;
  const submit = (fields: When & { reason: string }): void =>
    edit.mutate(
      {
        seen: last?.number ?? 0,
        reason: fields.reason.trim(),
        valid_from: instantOf(fields, after),
        items: formsOf(items, drafts),
      },
      {
        onSuccess: (made) => {
          void message.success(t('catalogPage.published', { number: made.number }));
          onDone();
          onClose();
        },
      },
    );
  return (
    <Modal
      open
      width={640}
      title={t('catalogPage.publishTitle')}
      okText={t('catalogPage.publish')}
      cancelText={t('adminPage.cancel')}
      okButtonProps={{ 'data-testid': 'publish' }}
      confirmLoading={edit.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      <p className="quiet">{t('catalogPage.publishHelp')}</p>
      <ChangeList changes={differences(items, drafts)} />
      <Form form={form} layout="vertical" initialValues={{ when: after ? 'later' : 'now' }} onFinish={submit}>
        <WhenField {...(after !== undefined && { notBefore: after })} />
        <ReasonField />
        <Failure error={edit.error} />
      </Form>
    </Modal>
  );
}

export function differences(items: readonly VersionItem[], drafts: Drafts): ItemDiff[] {
  const known = new Map(items.map((item) => [item.code, item]));
  return Object.entries(drafts).map(([code, draft]) => {
    const old = known.get(code);
    const names = { name_zh: draft.name_zh ?? old?.name_zh ?? '', name_en: draft.name_en ?? old?.name_en ?? '' };
    if (old === undefined) return { code, ...names, kind: 'added', fields: [] };
    const fields = (Object.keys(draft) as (keyof VersionItem)[]).map((field) => ({
      field,
      before: old[field],
      after: draft[field as keyof typeof draft] ?? null,
    }));
    return { code, ...names, kind: 'changed', fields };
  });
}
