import { Alert, Button, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

export interface GivenPassword {
  name: string;
  /** null: the request was repeated, and the server tells it once only. */
  password: string | null;
}

/** Shown once, on purpose in the way: what is not told now has to be set anew. */
export function TemporaryPassword({ given, onClose }: { given: GivenPassword; onClose: () => void }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  const { name, password } = given;
  return (
    <Modal
      open
      title={t('adminPage.people.passwordTitle', { name })}
      closable={false}
      mask={{ closable: false }}
      keyboard={false}
      footer={
        <Button type="primary" data-testid="password-told" onClick={onClose}>
          {t('adminPage.people.done')}
        </Button>
      }
    >
      {password === null ? (
        <Alert type="warning" showIcon title={t('adminPage.people.passwordLost')} />
      ) : (
        <>
          <p>
            <code className="admin-password" data-testid="temporary-password">
              {password}
            </code>{' '}
            <Button
              size="small"
              onClick={() => void navigator.clipboard.writeText(password).then(() => setCopied(true))}
            >
              {copied ? t('adminPage.people.copied') : t('adminPage.people.copy')}
            </Button>
          </p>
          <p className="quiet">{t('adminPage.people.passwordOnce')}</p>
        </>
      )}
    </Modal>
  );
}
