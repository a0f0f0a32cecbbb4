import { Alert, Button, Form, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { errorText } from '../../i18n/words';

interface Fields {
  old: string;
  fresh: string;
  again: string;
}

interface Props {
  username: string;
  onDone: (ended: number) => void;
}

/** One's own password, the old one asked for. */
export function PasswordForm({ username, onDone }: Props) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Fields>();
  const [failure, setFailure] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);

  const submit = async ({ old, fresh }: Fields): Promise<void> => {
    setBusy(true);
    setFailure(null);
    try {
      const { ended } = await unwrap(api.POST('/api/account/password', { body: { old, new: fresh } }));
      form.resetFields();
      onDone(ended);
    } catch (error) {
      setFailure(error);
    } finally {
      setBusy(false);
    }
  };
  const required = [{ required: true, message: t('accessPage.needField') }];
  return (
    <Form form={form} layout="vertical" requiredMark={false} onFinish={submit} disabled={busy} className="account-form">
      {/* for password managers */}
      <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />
      {failure !== null && <Alert type="error" showIcon title={errorText(failure)} role="alert" />}
      <Form.Item name="old" label={t('accessPage.oldPassword')} rules={required}>
        <Input.Password autoComplete="current-password" data-testid="password-old" />
      </Form.Item>
      <Form.Item name="fresh" label={t('accessPage.newPassword')} extra={t('accessPage.passwordHelp')} rules={required}>
        <Input.Password autoComplete="new-password" data-testid="password-new" />
      </Form.Item>
      <Form.Item
        name="again"
        label={t('accessPage.newPasswordAgain')}
        dependencies={['fresh']}
        rules={[
          ...required,
          ({ getFieldValue }) => ({
            validator: (_, value: string) =>
              value === undefined || value === '' || value === getFieldValue('fresh')
                ? Promise.resolve()
                : Promise.reject(new Error(t('accessPage.notTheSame'))),
          }),
        ]}
      >
        <Input.Password autoComplete="new-password" data-testid="password-again" />
      </Form.Item>
      <Button type="primary" htmlType="submit" loading={busy} data-testid="password-save">
        {t('accessPage.changePassword')}
      </Button>
    </Form>
  );
}
