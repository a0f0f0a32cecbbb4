import { Alert, Checkbox, Form, Input, InputNumber, Modal, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import type { PointsGood, PointsPartner } from '../../../api/types';
import { errorText } from '../../../i18n/words';
import { units } from '../units';
import { useSetGood, type GoodForm } from './queries';

const MOST = 1_000_000;
const CREDITS = [1000, 3000, 5000];
const NEW: Partial<GoodForm> = { kind: 'goods', name: '', stock: 0, month_limit: null, active: true };

interface Props {
  partner: PointsPartner;
  /** None: a new one. */
  good: PointsGood | null;
  onClose: () => void;
}

/** A good's name, points, stock and limit. What it is stays what it is: orders were made of it. */
export function GoodDialog({ partner, good, onClose }: Props) {
  const { t } = useTranslation();
  const [form] = Form.useForm<GoodForm>();
  const kind = Form.useWatch('kind', form) ?? good?.kind ?? 'goods';
  const set = useSetGood(partner.id, good);
  const whole = (min: number, max: number) => [
    { required: true, type: 'integer' as const, min, max, message: t('pointsPage.goods.whole') },
  ];
  const keep = (said: GoodForm): void =>
    set.mutate(
      {
        kind: good?.kind ?? said.kind,
        name: said.name.trim(),
        points: said.points,
        stock: said.stock,
        month_limit: said.month_limit ?? null,
        active: said.active,
      },
      { onSuccess: onClose },
    );
  return (
    <Modal
      open
      title={
        good === null
          ? t('pointsPage.goods.addTo', { partner: partner.name })
          : t('pointsPage.goods.changeOne', { name: good.name })
      }
      okText={t('common.save')}
      cancelText={t('common.cancel')}
      okButtonProps={{ loading: set.isPending }}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      {set.isError && <Alert type="error" showIcon title={errorText(set.error)} />}
      <Form<GoodForm> form={form} layout="vertical" initialValues={good ?? NEW} onFinish={keep} preserve={false}>
        {good === null && (
          <Form.Item name="kind" label={t('pointsPage.goods.what')}>
            <Select
              options={(['goods', 'phone_credit'] as const).map((value) => ({
                value,
                label: t(`pointsPage.goods.kind.${value}`),
              }))}
              onChange={() => form.setFieldValue('points', null)}
            />
          </Form.Item>
        )}
        <Form.Item
          name="name"
          label={t('pointsPage.goods.name')}
          rules={[{ required: true, whitespace: true, message: t('pointsPage.goods.needName') }]}
        >
          <Input maxLength={60} />
        </Form.Item>
        <Form.Item
          name="points"
          label={t('pointsPage.goods.points')}
          rules={whole(1, MOST)}
          {...(kind === 'phone_credit' && { extra: t('pointsPage.goods.phoneHint') })}
        >
          {kind === 'phone_credit' ? (
            <Select options={CREDITS.map((value) => ({ value, label: units(value, 'PT') }))} />
          ) : (
            <InputNumber min={1} max={MOST} />
          )}
        </Form.Item>
        <Form.Item name="stock" label={t('pointsPage.goods.stock')} rules={whole(0, MOST)}>
          <InputNumber min={0} max={MOST} />
        </Form.Item>
        <Form.Item
          name="month_limit"
          label={t('pointsPage.goods.limit')}
          extra={t('pointsPage.goods.limitHint')}
          rules={[{ type: 'integer', min: 1, max: 99, message: t('pointsPage.goods.whole') }]}
        >
          <InputNumber min={1} max={99} />
        </Form.Item>
        <Form.Item name="active" valuePropName="checked">
          <Checkbox>{t('pointsPage.goods.active')}</Checkbox>
        </Form.Item>
      </Form>
    </Modal>
  );
}
