import { SafetyOutlined } from '@ant-design/icons';
import { Alert, Button, Form, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError } from '../../api/errors';
import type { SecondStep } from '../../api/types';
import type { SessionStore } from '../../app/session';
import { errorText } from '../../i18n/words';

interface Props {
  session: SessionStore;
  step: SecondStep;
  /** Back to name and password; with what went wrong, if something did. */
  onOver: (why: unknown) => void;
}

/** The second step of a sign-in: six digits, or one of the recovery codes. */
export function CodeForm({ session, step, onOver }: Props) {
  const { t } = useTranslation();
  const [form] = Form.useForm<{ code: string }>();
  const [failure, setFailure] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);

  const submit = async ({ code }: { code: string }): Promise<void> => {
    setBusy(true);
    setFailure(null);
    try {
      await session.enterCode(step.step, code);
    } catch (error) {
      setBusy(false);
      if (asApiError(error).code === 'step_ended') onOver(error);
      else setFailure(error);
      form.resetFields();
    }
  };
  return (
    <>
      <p className="signin-help">{t('accessPage.codeHelp')}</p>
      {failure !== null && <Alert type="error" showIcon title={errorText(failure)} role="alert" />}
      <Form form={form} layout="vertical" requiredMark={false} onFinish={submit} disabled={busy}>
        <Form.Item
          name="code"
          label={t('accessPage.code')}
          rules={[{ required: true, min: 6, message: t('accessPage.needCode') }]}
        >
          <Input
            data-testid="login-code"
            size="large"
            prefix={<SafetyOutlined />}
            autoComplete="one-time-code"
            maxLength={20}
            autoFocus
          />
        </Form.Item>
        <Button data-testid="login-code-submit" type="primary" size="large" htmlType="submit" block loading={busy}>
          {t('signIn.submit')}
        </Button>
        <Button type="link" block onClick={() => onOver(null)} style={{ marginTop: 8 }}>
          {t('accessPage.otherUser')}
        </Button>
      </Form>
    </>
  );
}
