import { useQueryClient } from '@tanstack/react-query';
import { Button, Result, Spin } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { SettlePage } from '../features/account/SettlePage';
import { Shell } from '../features/shell/Shell';
import { WallboardExpired } from '../features/wallboard/WallboardExpired';
import { SignInPage } from '../features/signin/SignInPage';
import type { Me, ServerInfo } from '../api/types';
import { useStore } from '../kit/store';
import { Console } from './console';
import { ConsoleContext } from './console-context';
import { exposeForTests } from './expose';
import type { SessionStore } from './session';

/** The console for whoever is signed in. It is made and ended here, so that the training telephone never starts a second one. */
export function ConsoleRoute({ session }: { session: SessionStore }) {
  const state = useStore(session, (value) => value);
  const { t } = useTranslation();
  const [board, setBoard] = useState(false);

  useEffect(() => {
    void session.restore();
  }, [session]);

  switch (state.status) {
    case 'loading':
      return (
        <div className="page-middle" aria-busy="true">
          <Spin size="large" />
        </div>
      );
    case 'unreachable':
      return (
        <div className="page-middle">
          <Result
            status="warning"
            title={t('server.unreachable')}
            subTitle={t('server.unreachableHelp')}
            extra={
              <Button type="primary" onClick={() => void session.restore()}>
                {t('common.retry')}
              </Button>
            }
          />
        </div>
      );
    case 'signed-out':
      if (state.expired && location.pathname.startsWith('/wallboard') && !board)
        return <WallboardExpired onSignIn={() => setBoard(true)} />;
      return <SignInPage session={session} server={state.server} expired={state.expired} />;
    case 'signed-in':
      if (state.me.owes.length > 0) return <SettlePage session={session} me={state.me} server={state.server} />;
      return <Desk key={state.me.id} me={state.me} server={state.server} session={session} />;
  }
}

interface DeskProps {
  me: Me;
  server: ServerInfo;
  session: SessionStore;
}

function Desk({ me, server, session }: DeskProps) {
  const queries = useQueryClient();
  const [desk] = useState(() => new Console(me, session, queries));
  useEffect(() => {
    desk.start();
    exposeForTests(desk);
    return () => {
      desk.stop();
      // What the next person at this machine may not see must not lie in the cache.
      queries.clear();
    };
  }, [desk, queries]);
  return (
    <ConsoleContext value={{ desk, session, me, server }}>
      <Shell />
    </ConsoleContext>
  );
}
