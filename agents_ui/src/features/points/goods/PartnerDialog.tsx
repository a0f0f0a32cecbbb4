import { Alert, Checkbox, Form, Input, Modal } from 'antd';
import { useTranslation } from 'react-i18next';
import type { PointsPartner } from '../../../api/types';
import { errorText } from '../../../i18n/words';
import { useChangePartner } from './queries';

interface Fields {
  name: string;
  active: boolean;
}

/** A partner under another name, or switched off: its goods are ordered no more, what was ordered is handed out. */
export function PartnerDialog({ partner, onClose }: { partner: PointsPartner; onClose: () => void }) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Fields>();
  const change = useChangePartner(partner);
  return (
    <Modal
      open
      title={t('pointsPage.goods.changeOne', { name: partner.name })}
      okText={t('common.save')}
      cancelText={t('common.cancel')}
      okButtonProps={{ loading: change.isPending }}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      {change.isError && <Alert type="error" showIcon title={errorText(change.error)} />}
      <Form<Fields>
        form={form}
        layout="vertical"
        initialValues={partner}
        preserve={false}
        onFinish={({ name, active }) => change.mutate({ name: name.trim(), active }, { onSuccess: onClose })}
      >
        <Form.Item
          name="name"
          label={t('pointsPage.goods.partnerName')}
          rules={[{ required: true, whitespace: true, message: t('pointsPage.goods.needName') }]}
        >
          <Input maxLength={60} />
        </Form.Item>
        <Form.Item name="active" valuePropName="checked" extra={t('pointsPage.goods.partnerOff')}>
          <Checkbox>{t('pointsPage.goods.partnerActive')}</Checkbox>
        </Form.Item>
      </Form>
    </Modal>
  );
}
