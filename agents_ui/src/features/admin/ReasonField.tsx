import { Form, Input } from 'antd';
import { useTranslation } from 'react-i18next';

/** Every change says why: others will ask. */
export function ReasonField() {
  const { t } = useTranslation();
  return (
    <Form.Item
      name="reason"
      label={t('adminPage.reason')}
      rules={[{ required: true, whitespace: true, min: 2, message: t('error.reason_needed') }]}
    >
      <Input data-testid="reason" maxLength={300} placeholder={t('adminPage.reasonHint')} />
    </Form.Item>
  );
}
