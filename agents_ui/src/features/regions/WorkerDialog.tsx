import { useMutation } from '@tanstack/react-query';
import { Alert, Checkbox, Form, Input, Modal, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { errorText } from '../../i18n/words';
import { useRefresh, type RegionView, type WorkerRole, type WorkerView } from './queries';
import { placeOf } from './tree';

interface Fields {
  name: string;
  number: string;
  role: WorkerRole;
  region_ids: string[];
  valid_from: string;
  valid_to: string;
  active: boolean;
}

const WORKS_AT: Record<WorkerRole, readonly RegionView['level'][]> = {
  grid_worker: ['community', 'grid'],
  community_lead: ['community'],
  street_centre: ['street'],
};

interface Props {
  worker: WorkerView | null;
  regions: readonly RegionView[];
  onClose: () => void;
}

export function WorkerDialog({ worker, regions, onClose }: Props) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Fields>();
  const role = Form.useWatch('role', form) ?? worker?.role ?? 'grid_worker';
  const refresh = useRefresh('grid-workers', 'regions');
  const save = useMutation({
    mutationFn: (fields: Fields) => {
      const body = { ...fields, valid_from: fields.valid_from || null, valid_to: fields.valid_to || null };
      return worker === null
        ? unwrap(api.POST('/api/grid-workers', { body }))
        : unwrap(
            api.PUT('/api/grid-workers/{worker_id}', {
              params: { path: { worker_id: worker.id } },
              body: { ...body, version: worker.version },
            }),
          );
    },
    onSuccess: async () => {
      await refresh();
      onClose();
    },
  });
  const initial: Fields = {
    name: worker?.name ?? '',
    number: worker?.number ?? '',
    role: worker?.role ?? 'grid_worker',
    region_ids: worker?.region_ids ?? [],
    valid_from: worker?.valid_from ?? '',
    valid_to: worker?.valid_to ?? '',
    active: worker?.active ?? true,
  };
  const required = [{ required: true, message: t('regionsPage.rowProblem.missing') }];
  return (
    <Modal
      open
      title={t(worker ? 'regionsPage.workers.edit' : 'regionsPage.workers.add')}
      okText={t('common.save')}
      cancelText={t('common.cancel')}
      confirmLoading={save.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      {save.isError && <Alert type="error" showIcon title={errorText(save.error)} />}
      <Form form={form} layout="vertical" initialValues={initial} onFinish={(fields) => save.mutate(fields)}>
        <Form.Item name="name" label={t('regionsPage.workers.name')} rules={required}>
          <Input maxLength={60} data-testid="worker-name" />
        </Form.Item>
        <Form.Item name="number" label={t('regionsPage.workers.number')} rules={required}>
          <Input maxLength={64} inputMode="tel" data-testid="worker-number" />
        </Form.Item>
        <Form.Item name="role" label={t('regionsPage.workers.role')}>
          <Select
            options={(Object.keys(WORKS_AT) as WorkerRole[]).map((one) => ({
              value: one,
              label: t(`regionsPage.role.${one}`),
            }))}
            onChange={() => form.setFieldValue('region_ids', [])}
          />
        </Form.Item>
        <Form.Item name="region_ids" label={t('regionsPage.workers.regions')} rules={required}>
          <Select
            mode="multiple"
            showSearch={{ optionFilterProp: 'label' }}
            options={regions
              .filter((one) => !one.retired && WORKS_AT[role].includes(one.level))
              .map((one) => ({ value: one.id, label: placeOf(regions, one.id) }))}
          />
        </Form.Item>
        <div className="regions-bar">
          <Form.Item name="valid_from" label={t('regionsPage.column.valid_from')}>
            <Input type="date" />
          </Form.Item>
          <Form.Item name="valid_to" label={t('regionsPage.column.valid_to')}>
            <Input type="date" />
          </Form.Item>
        </div>
        <Form.Item name="active" valuePropName="checked">
          <Checkbox>{t('regionsPage.workers.active')}</Checkbox>
        </Form.Item>
      </Form>
    </Modal>
  );
}
