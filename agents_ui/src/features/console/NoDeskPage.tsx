import { Alert, Button, Result } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Me } from '../../api/types';
import type { SessionStore } from '../../app/session';
import { errorText, word } from '../../i18n/words';

/** For roles that keep the house but see no calls. */
export function NoDeskPage({ session, me }: { session: SessionStore; me: Me }) {
  const { t } = useTranslation();
  const [failure, setFailure] = useState<unknown>(null);
  return (
    <div className="page-middle">
      <Result
        status="info"
        title={t('noDesk.title')}
        subTitle={t('noDesk.text', { name: me.name, role: word('role', me.role) })}
        extra={
          <Button type="primary" onClick={() => session.signOut().catch(setFailure)}>
            {t('noDesk.signOut')}
          </Button>
        }
      >
        {failure !== null && <Alert type="error" showIcon title={errorText(failure)} />}
      </Result>
    </div>
  );
}
