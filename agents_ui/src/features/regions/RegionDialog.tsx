import { useMutation } from '@tanstack/react-query';
import { Alert, Form, Input, InputNumber, Modal, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { errorText } from '../../i18n/words';
import { useRefresh, type RegionView } from './queries';
import { parentsFor } from './tree';

export type RegionAsked =
  | { kind: 'add'; parent: RegionView | null }
  | { kind: 'edit'; region: RegionView }
  | { kind: 'move'; region: RegionView };

interface Fields {
  code: string;
  name: string;
  short_name: string;
  sort: number;
  parent_id: string;
}

export function RegionDialog({
  asked,
  regions,
  onClose,
}: {
  asked: RegionAsked;
  regions: readonly RegionView[];
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Fields>();
  const refresh = useRefresh('regions', 'grid-workers');
  const save = useMutation({
    mutationFn: ({ parent_id, ...fields }: Fields) => send(asked, fields, parent_id),
    onSuccess: async () => {
      await refresh();
      onClose();
    },
  });
  const region = asked.kind === 'add' ? null : asked.region;
  const initial: Partial<Fields> = {
    code: region?.code ?? (asked.kind === 'add' && asked.parent ? `${asked.parent.code}-` : ''),
    name: region?.name ?? '',
    short_name: region?.short_name ?? '',
    sort: region?.sort ?? 0,
  };
  const required = [{ required: true, message: t('regionsPage.rowProblem.missing') }];
  const title =
    asked.kind === 'add'
      ? 'regionsPage.tree.add'
      : asked.kind === 'edit'
        ? 'regionsPage.tree.edit'
        : 'regionsPage.tree.move';
  const about = asked.kind === 'add' ? asked.parent?.name : asked.region.name;
  return (
    <Modal
      open
      title={`${t(title)}${about ? ` · ${about}` : ''}`}
      okText={t('common.save')}
      cancelText={t('common.cancel')}
      confirmLoading={save.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      {save.isError && <Alert type="error" showIcon title={errorText(save.error)} />}
      <Form
        form={form}
        layout="vertical"
        initialValues={asked.kind === 'move' ? {} : initial}
        onFinish={(fields) => save.mutate(fields)}
      >
        {asked.kind === 'move' ? (
          <Form.Item name="parent_id" label={t('regionsPage.tree.parent')} rules={required}>
            <Select
              showSearch={{ optionFilterProp: 'label' }}
              options={parentsFor(regions, asked.region).map((one) => ({ value: one.id, label: one.name }))}
            />
          </Form.Item>
        ) : (
          <>
            <Form.Item name="name" label={t('regionsPage.tree.name')} rules={required}>
              <Input maxLength={60} data-testid="region-name" />
            </Form.Item>
            <Form.Item
              name="short_name"
              label={t('regionsPage.tree.shortName')}
              extra={asked.kind === 'add' ? t('regionsPage.tree.shortNameHelp') : undefined}
              rules={asked.kind === 'edit' ? required : []}
            >
              <Input maxLength={60} />
            </Form.Item>
            <Form.Item
              name="code"
              label={t('regionsPage.tree.code')}
              rules={[{ required: true, pattern: /^[0-9A-Za-z][0-9A-Za-z-]{0,39}$/, message: '0-9 A-Z -' }]}
            >
              <Input maxLength={40} data-testid="region-code" />
            </Form.Item>
            <Form.Item name="sort" label={t('regionsPage.tree.sort')} rules={required}>
              <InputNumber min={0} max={9999} precision={0} />
            </Form.Item>
          </>
        )}
      </Form>
    </Modal>
  );
}

function send(asked: RegionAsked, fields: Omit<Fields, 'parent_id'>, parent_id: string): Promise<RegionView> {
  if (asked.kind === 'add') {
    return unwrap(api.POST('/api/regions', { body: { ...fields, parent_id: asked.parent?.id ?? null } }));
  }
  const { id, version } = asked.region;
  const path = { region_id: id };
  return asked.kind === 'edit'
    ? unwrap(api.PUT('/api/regions/{region_id}', { params: { path }, body: { ...fields, version } }))
    : unwrap(api.POST('/api/regions/{region_id}/move', { params: { path }, body: { version, parent_id } }));
}
