import { App } from 'antd';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useConsole, useLive } from '../../app/console-context';
import { duration } from '../../kit/format';
import { OwnClock } from '../../kit/OwnClock';

/** Says plainly what still works while the server cannot be heard, and what came meanwhile. */
export function ConnectionBar() {
  const { desk } = useConsole();
  const { t } = useTranslation();
  const { message } = App.useApp();
  const connection = useLive((state) => state.connection);
  const lostAt = useLive((state) => state.lostAt);
  const caughtUp = useLive((state) => state.caughtUp);

  useEffect(() => {
    if (caughtUp === 0) return;
    void message.success(t('conn.caughtUp', { count: caughtUp }));
    desk.live.dispatch({ type: 'caught-up-seen' });
  }, [caughtUp, desk, message, t]);

  if (lostAt === null || connection === 'open') return null;
  return (
    <div className="conn-bar" role="status" data-testid="conn-bar">
      <strong>{t('conn.lost')}</strong>
      <OwnClock>{(now) => <span className="num">{t('conn.lostFor', { time: duration(now - lostAt) })}</span>}</OwnClock>
    </div>
  );
}
