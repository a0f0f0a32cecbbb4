import { Alert, Button, Card, Form, Input, Modal, Space } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import type { Account } from '../../api/types';
import { errorText } from '../../i18n/words';
import { RecoveryCodes } from './RecoveryCodes';
import { TotpSetup } from './TotpSetup';
import '../../kit/tone.css';

type Doing = 'setup' | 'renew' | 'remove';

interface Props {
  totp: Account['totp'];
  onChanged: () => void;
}

export function TotpCard({ totp, onChanged }: Props) {
  const { t } = useTranslation();
  const [doing, setDoing] = useState<Doing | null>(null);
  const has = totp.since !== null;
  const done = (): void => {
    setDoing(null);
    onChanged();
  };
  return (
    <Card
      title={t('accessPage.totp')}
      extra={
        <span className={has ? 'tone tone-ok' : 'tone'}>{t(has ? 'accessPage.totpOn' : 'accessPage.totpOff')}</span>
      }
      data-testid="totp-card"
    >
      <p>{t('accessPage.totpWhat')}</p>
      {has && (
        <p className={totp.recovery_codes_left > 2 ? 'quiet' : 'account-few'}>
          {t('accessPage.recoveryLeft', { n: totp.recovery_codes_left })}
        </p>
      )}
      <Space wrap>
        {!has && (
          <Button type="primary" onClick={() => setDoing('setup')} data-testid="totp-setup">
            {t('accessPage.totpSetup')}
          </Button>
        )}
        {has && (
          <Button onClick={() => setDoing('renew')} data-testid="totp-renew">
            {t('accessPage.recoveryRenew')}
          </Button>
        )}
        {has && (
          <Button danger disabled={totp.required} onClick={() => setDoing('remove')} data-testid="totp-remove">
            {t('accessPage.totpRemove')}
          </Button>
        )}
      </Space>
      {has && totp.required && <p className="quiet">{t('accessPage.totpRequired')}</p>}
      <Modal
        open={doing !== null}
        title={t(
          doing === 'setup'
            ? 'accessPage.totpSetup'
            : doing === 'renew'
              ? 'accessPage.recoveryRenew'
              : 'accessPage.totpRemove',
        )}
        footer={null}
        destroyOnHidden
        mask={{ closable: false }}
        onCancel={done}
      >
        {doing === 'setup' && <TotpSetup onDone={done} />}
        {(doing === 'renew' || doing === 'remove') && <ProveBoth doing={doing} onDone={done} />}
      </Modal>
    </Card>
  );
}

function ProveBoth({ doing, onDone }: { doing: 'renew' | 'remove'; onDone: () => void }) {
  const { t } = useTranslation();
  const [failure, setFailure] = useState<unknown>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (body: { password: string; code: string }): Promise<void> => {
    setBusy(true);
    setFailure(null);
    try {
      if (doing === 'renew') setCodes((await unwrap(api.POST('/api/account/totp/recovery-codes', { body }))).codes);
      else {
        await unwrap(api.POST('/api/account/totp/remove', { body }));
        onDone();
      }
    } catch (error) {
      setFailure(error);
    } finally {
      setBusy(false);
    }
  };
  if (codes !== null) return <RecoveryCodes codes={codes} onDone={onDone} />;
  return (
    <Form layout="vertical" requiredMark={false} onFinish={submit} disabled={busy} className="account-form">
      <p>{t(doing === 'renew' ? 'accessPage.recoveryRenewHelp' : 'accessPage.totpRemoveHelp')}</p>
      {failure !== null && <Alert type="error" showIcon title={errorText(failure)} role="alert" />}
      <Form.Item
        name="password"
        label={t('accessPage.yourPassword')}
        rules={[{ required: true, message: t('accessPage.needField') }]}
      >
        <Input.Password autoComplete="current-password" />
      </Form.Item>
      <Form.Item
        name="code"
        label={t('accessPage.code')}
        rules={[{ required: true, min: 6, message: t('accessPage.needCode') }]}
      >
        <Input autoComplete="one-time-code" maxLength={20} />
      </Form.Item>
      <Button type="primary" danger={doing === 'remove'} htmlType="submit" loading={busy}>
        {t(doing === 'renew' ? 'accessPage.recoveryRenew' : 'accessPage.totpRemove')}
      </Button>
    </Form>
  );
}
