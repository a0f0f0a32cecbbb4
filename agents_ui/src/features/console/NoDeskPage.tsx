import { Button, Result } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Me } from '../../api/types';
import type { SessionStore } from '../../app/session';
import { word } from '../../i18n/words';

/** For roles that keep the house but see no calls. */
export function NoDeskPage({ session, me }: { session: SessionStore; me: Me }) {
  const { t } = useTranslation();
  return (
    <div className="page-middle">
      <Result
        status="info"
        title={t('noDesk.title')}
        subTitle={t('noDesk.text', { name: me.name, role: word('role', me.role) })}
        extra={
          <Button type="primary" onClick={() => void session.signOut()}>
            {t('noDesk.signOut')}
          </Button>
        }
      />
    </div>
  );
}
