import { LockOutlined, UserOutlined } from '@ant-design/icons';
import { Alert, Button, Form, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { DemoLogin, SecondStep, ServerInfo } from '../../api/types';
import type { SessionStore } from '../../app/session';
import { errorText, word } from '../../i18n/words';
import { Logo } from '../../kit/Logo';
import { LanguageSwitch } from '../topbar/LanguageSwitch';
import { CodeForm } from './CodeForm';
import './signin.css';

interface Props {
  session: SessionStore;
  server: ServerInfo;
  expired: boolean;
}

interface Fields {
  username: string;
  password: string;
}

export function SignInPage({ session, server, expired }: Props) {
  const { t } = useTranslation();
  const [failure, setFailure] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const [step, setStep] = useState<SecondStep | null>(null);

  const startAnew = (why: unknown): void => {
    setStep(null);
    setFailure(why);
  };
  const submit = async ({ username, password }: Fields): Promise<void> => {
    setBusy(true);
    setFailure(null);
    try {
      setStep(await session.signIn(username.trim(), password));
      setBusy(false);
    } catch (error) {
      setFailure(error);
      setBusy(false);
    }
  };

  return (
    <main className="signin">
      <div className="signin-language">
        <LanguageSwitch />
      </div>
      <section className="signin-card" aria-labelledby="signin-title">
        <header className="signin-head">
          <Logo size={44} />
          <div>
            <div className="signin-name">{t('app.name')}</div>
            <div className="quiet">{server.centre_name}</div>
          </div>
        </header>
        <h1 id="signin-title" className="signin-title">
          {t(step === null ? 'signIn.title' : 'accessPage.codeTitle')}
        </h1>
        {step !== null && <CodeForm session={session} step={step} onOver={startAnew} />}
        {server.needs_setup && (
          <Alert
            type="info"
            showIcon
            data-testid="needs-setup"
            title={t('adminPage.setup.title')}
            description={
              <>
                {t('adminPage.setup.text')} <code>callcenter setup</code>
              </>
            }
          />
        )}
        {step === null && expired && <Alert type="warning" showIcon title={t('signIn.expired')} />}
        {failure !== null && <Alert type="error" showIcon title={errorText(failure)} role="alert" />}
        {step === null && (
          <Form<Fields> layout="vertical" requiredMark={false} onFinish={submit} disabled={busy}>
            <Form.Item
              name="username"
              label={t('signIn.username')}
              rules={[{ required: true, message: t('signIn.needUsername') }]}
            >
              <Input
                data-testid="login-user"
                size="large"
                prefix={<UserOutlined />}
                autoComplete="username"
                autoFocus
              />
            </Form.Item>
            <Form.Item
              name="password"
              label={t('signIn.password')}
              rules={[{ required: true, message: t('signIn.needPassword') }]}
            >
              <Input.Password
                data-testid="login-pass"
                size="large"
                prefix={<LockOutlined />}
                autoComplete="current-password"
              />
            </Form.Item>
            <Button data-testid="login-submit" type="primary" size="large" htmlType="submit" block loading={busy}>
              {t('signIn.submit')}
            </Button>
          </Form>
        )}
        {step === null && (
          <DemoLogins logins={server.demo_logins} disabled={busy} onPick={(login) => void submit(login)} />
        )}
        <footer className="signin-foot quiet">
          <span>{t('signIn.hotline', { number: server.hotline })}</span>
          {server.mode !== 'production' && <Link to="/training">{t('signIn.trainingLink')}</Link>}
        </footer>
      </section>
    </main>
  );
}

interface DemoProps {
  logins: DemoLogin[];
  disabled: boolean;
  onPick: (login: DemoLogin) => void;
}

function DemoLogins({ logins, disabled, onPick }: DemoProps) {
  const { t } = useTranslation();
  if (logins.length === 0) return null;
  return (
    <div className="signin-demo">
      <div className="quiet">{t('signIn.demo')}</div>
      <div className="signin-demo-list">
        {logins.map((login) => (
          <Button
            key={login.username}
            data-testid={`demo-login-${login.username}`}
            disabled={disabled}
            onClick={() => onPick(login)}
          >
            {login.name}
            <span className="quiet signin-demo-role">{word('role', login.role)}</span>
          </Button>
        ))}
      </div>
    </div>
  );
}
