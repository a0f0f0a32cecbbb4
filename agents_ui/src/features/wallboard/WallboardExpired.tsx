import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import './wallboard.css';

/** On the wall, seen from across the room: these are no figures any more, and why. */
export function WallboardExpired({ onSignIn }: { onSignIn: () => void }) {
  const { t } = useTranslation();
  return (
    <main className="board board-expired">
      <h1>{t('floorPage.wallboard.expired')}</h1>
      <p>{t('floorPage.wallboard.expiredText')}</p>
      <Button size="large" type="primary" onClick={onSignIn} autoFocus data-testid="board-sign-in">
        {t('floorPage.wallboard.signIn')}
      </Button>
    </main>
  );
}
