import { Alert, Button, Form, Input, QRCode, Typography } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { errorText } from '../../i18n/words';
import { RecoveryCodes } from './RecoveryCodes';

interface Secret {
  secret: string;
  uri: string;
}

interface Props {
  onDone: () => void;
}

/** Password → QR code and first code → recovery codes. Nothing counts until the code was right. */
export function TotpSetup({ onDone }: Props) {
  const { t } = useTranslation();
  const [secret, setSecret] = useState<Secret | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);

  const attempt = async (work: () => Promise<void>): Promise<void> => {
    setBusy(true);
    setFailure(null);
    try {
      await work();
    } catch (error) {
      setFailure(error);
    } finally {
      setBusy(false);
    }
  };
  const begin = ({ password }: { password: string }): Promise<void> =>
    attempt(async () => setSecret(await unwrap(api.POST('/api/account/totp', { body: { password } }))));
  const confirm = ({ code }: { code: string }): Promise<void> =>
    attempt(async () => setCodes((await unwrap(api.POST('/api/account/totp/confirm', { body: { code } }))).codes));

  if (codes !== null) return <RecoveryCodes codes={codes} onDone={onDone} />;
  const alert = failure !== null && <Alert type="error" showIcon title={errorText(failure)} role="alert" />;
  if (secret === null)
    return (
      <Form layout="vertical" requiredMark={false} onFinish={begin} disabled={busy} className="account-form">
        <p>{t('accessPage.totpHelp')}</p>
        {alert}
        <Form.Item
          name="password"
          label={t('accessPage.yourPassword')}
          rules={[{ required: true, message: t('accessPage.needField') }]}
        >
          <Input.Password autoComplete="current-password" data-testid="totp-password" />
        </Form.Item>
        <Button type="primary" htmlType="submit" loading={busy} data-testid="totp-begin">
          {t('accessPage.next')}
        </Button>
      </Form>
    );
  return (
    <Form layout="vertical" requiredMark={false} onFinish={confirm} disabled={busy} className="account-form">
      <p>{t('accessPage.totpScan')}</p>
      <div role="img" aria-label={t('accessPage.totpScan')} className="totp-code">
        <QRCode value={secret.uri} type="svg" size={208} bordered={false} errorLevel="L" />
      </div>
      <p className="quiet">
        {t('accessPage.totpByHand')}{' '}
        <Typography.Text copyable code data-testid="totp-secret">
          {secret.secret}
        </Typography.Text>
      </p>
      {alert}
      <Form.Item
        name="code"
        label={t('accessPage.totpFirstCode')}
        rules={[{ required: true, pattern: /^\s*\d{3}\s?\d{3}\s*$/, message: t('accessPage.needCode') }]}
      >
        <Input inputMode="numeric" autoComplete="one-time-code" maxLength={9} data-testid="totp-code" autoFocus />
      </Form.Item>
      <Button type="primary" htmlType="submit" loading={busy} data-testid="totp-confirm">
        {t('accessPage.totpConfirm')}
      </Button>
    </Form>
  );
}
