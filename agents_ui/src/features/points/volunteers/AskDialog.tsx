import { Alert, DatePicker, Form, Input, InputNumber, Modal, Select } from 'antd';
import dayjs from 'dayjs';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ElderHit } from '../../../api/types';
import { errorText } from '../../../i18n/words';
import { ElderSearch } from '../../search/ElderSearch';
import { askFor, useDeed, useItems, useVolunteers, type Asked } from './queries';

interface Fields {
  item: string;
  at: dayjs.Dayjs;
  hours: number;
  volunteer_id?: string;
  pays: Asked['pays'];
  notes?: string;
}

const FURTHEST_DAYS = 60;

/** A visit for an elder: whom she names (点单), or whoever on the list takes it (接单). */
export function AskDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const [elder, setElder] = useState<ElderHit | null>(null);
  const [form] = Form.useForm<Fields>();
  const items = useItems().data ?? [];
  const people = (useVolunteers('').data ?? []).filter((one) => one.state === 'active');
  const item = Form.useWatch('item', form);
  const deed = useDeed((body: Asked) => askFor(elder?.id ?? '', body));
  const must = [{ required: true, message: t('pointsPage.volunteering.needed') }];
  const keep = ({ at, hours, volunteer_id, notes, ...fields }: Fields): void =>
    deed.mutate(
      {
        ...fields,
        wanted_from: at.toISOString(),
        half_hours: Math.round(hours * 2),
        volunteer_id: volunteer_id ?? null,
        notes: notes ?? '',
      },
      { onSuccess: onClose },
    );
  return (
    <Modal
      open
      width={640}
      title={t('pointsPage.volunteering.ask')}
      okText={t('pointsPage.volunteering.askFor')}
      cancelText={t('common.cancel')}
      okButtonProps={{ loading: deed.isPending, disabled: elder === null }}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      {deed.isError && <Alert type="error" showIcon title={errorText(deed.error)} />}
      {elder === null ? (
        <ElderSearch autoFocus chosenId={null} onPick={setElder} />
      ) : (
        <Form<Fields>
          form={form}
          layout="vertical"
          initialValues={{ hours: 1, pays: 'auto' }}
          onFinish={keep}
          preserve={false}
        >
          <p>
            <strong>{elder.name}</strong>
          </p>
          <Form.Item name="item" label={t('pointsPage.volunteering.item')} rules={must}>
            <Select
              showSearch
              optionFilterProp="label"
              options={items.map((one) => ({ value: one.code, label: one.name_zh }))}
            />
          </Form.Item>
          <Form.Item name="at" label={t('pointsPage.volunteering.when')} rules={must}>
            <DatePicker
              showTime={{ format: 'HH:mm', minuteStep: 15 }}
              format="YYYY-MM-DD HH:mm"
              minDate={dayjs()}
              maxDate={dayjs().add(FURTHEST_DAYS, 'day')}
            />
          </Form.Item>
          <Form.Item name="hours" label={t('pointsPage.volunteering.howLong')} rules={must}>
            <InputNumber min={0.5} max={8} step={0.5} />
          </Form.Item>
          <Form.Item
            name="volunteer_id"
            label={t('pointsPage.volunteering.named')}
            extra={t('pointsPage.volunteering.namedHint')}
          >
            <Select
              allowClear
              showSearch
              optionFilterProp="label"
              options={people.map((one) => ({
                value: one.id,
                label: `${one.name} · ${one.place}`,
                disabled: item !== undefined && !one.skills.includes(item),
              }))}
            />
          </Form.Item>
          <Form.Item name="pays" label={t('pointsPage.volunteering.pays')}>
            <Select
              options={(['auto', 'coins', 'free'] as const).map((value) => ({
                value,
                label: t(`pointsPage.volunteering.pay.${value}`),
              }))}
            />
          </Form.Item>
          <Form.Item name="notes" label={t('pointsPage.volunteering.note')}>
            <Input.TextArea rows={2} maxLength={500} />
          </Form.Item>
        </Form>
      )}
    </Modal>
  );
}
