import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Me, ServerInfo } from '../../api/types';
import type { SessionStore } from '../../app/session';
import { Logo } from '../../kit/Logo';
import { LanguageSwitch } from '../topbar/LanguageSwitch';
import { PasswordForm } from './PasswordForm';
import { TotpSetup } from './TotpSetup';
import '../signin/signin.css';
import './account.css';

interface Props {
  session: SessionStore;
  me: Me;
  server: ServerInfo;
}

/** Before anything else: a password that nobody else knows, and the second factor where the role needs one. */
export function SettlePage({ session, me, server }: Props) {
  const { t } = useTranslation();
  const what = me.owes[0];
  const refresh = (): void => void session.refresh();
  return (
    <main className="signin">
      <div className="signin-language">
        <LanguageSwitch />
      </div>
      <section className="signin-card" aria-labelledby="settle-title" data-testid={`settle-${what}`}>
        <header className="signin-head">
          <Logo size={44} />
          <div>
            <div className="signin-name">{t('app.name')}</div>
            <div className="quiet">{server.centre_name}</div>
          </div>
        </header>
        <h1 id="settle-title" className="signin-title">
          {t(what === 'password' ? 'accessPage.settlePassword' : 'accessPage.settleTotp')}
        </h1>
        {what === 'password' && <p className="signin-help">{t('accessPage.settlePasswordHelp')}</p>}
        {what === 'password' ? (
          <PasswordForm username={me.username} onDone={refresh} />
        ) : (
          <TotpSetup onDone={refresh} />
        )}
        <footer className="signin-foot quiet">
          <span>{me.name}</span>
          <Button type="link" size="small" onClick={() => void session.signOut()}>
            {t('top.signOut')}
          </Button>
        </footer>
      </section>
    </main>
  );
}
