import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Card, Descriptions, Popconfirm, Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { errorText, word } from '../../i18n/words';
import { Page } from '../shell/Page';
import { PasswordForm } from './PasswordForm';
import { SessionList } from './SessionList';
import { TotpCard } from './TotpCard';
import './account.css';

/** Who I am here, and what keeps others from being me. */
export function AccountPage() {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const account = useQuery({ queryKey: ['account'], queryFn: () => unwrap(api.GET('/api/account')), staleTime: 0 });
  const sessions = useQuery({
    queryKey: ['account', 'sessions'],
    queryFn: () => unwrap(api.GET('/api/account/sessions')),
    staleTime: 0,
  });
  const again = (): void => void queries.invalidateQueries({ queryKey: ['account'] });
  const told = (work: Promise<unknown>, text: string): void =>
    void work.then(
      () => {
        void message.success(text);
        again();
      },
      (error: unknown) => {
        void message.error(errorText(error));
        again();
      },
    );
  const me = account.data;
  const others = (sessions.data?.length ?? 0) - 1;
  return (
    <Page title={t('nav.account')}>
      {account.isError && <Alert type="error" showIcon title={errorText(account.error)} />}
      {me === undefined ? (
        <Skeleton active />
      ) : (
        <div className="account-grid">
          <Card title={me.name} className="account-wide">
            <Descriptions
              size="small"
              column={{ xs: 1, sm: 2, lg: 4 }}
              items={[
                { key: 'username', label: t('signIn.username'), children: me.username },
                { key: 'role', label: t('accessPage.role'), children: word('role', me.role) },
                { key: 'dialects', label: t('accessPage.dialects'), children: me.dialects.join('、') || '–' },
                ...(me.role === 'supervisor'
                  ? [
                      {
                        key: 'regions',
                        label: t('accessPage.regions'),
                        children: me.regions.join('、') || t('accessPage.noRegions'),
                      },
                    ]
                  : []),
              ]}
            />
          </Card>
          <Card title={t('accessPage.changePassword')}>
            <PasswordForm
              username={me.username}
              onDone={(ended) => {
                void message.success(t('accessPage.passwordChanged', { n: ended }));
                again();
              }}
            />
          </Card>
          <TotpCard totp={me.totp} onChanged={again} />
          <Card
            title={t('accessPage.sessions')}
            className="account-wide"
            extra={
              <Popconfirm
                title={t('accessPage.endOthersSure')}
                disabled={others < 1}
                onConfirm={() =>
                  told(unwrap(api.POST('/api/account/sessions/end-others')), t('accessPage.sessionEnded'))
                }
              >
                <Button danger disabled={others < 1} data-testid="end-others">
                  {t('accessPage.endOthers')}
                </Button>
              </Popconfirm>
            }
          >
            <p className="quiet">{t('accessPage.sessionsHelp')}</p>
            <SessionList
              sessions={sessions.data}
              loading={sessions.isPending}
              failure={sessions.error}
              onEnd={({ id }) =>
                told(
                  unwrap(api.POST('/api/account/sessions/{session_id}/end', { params: { path: { session_id: id } } })),
                  t('accessPage.sessionEnded'),
                )
              }
            />
          </Card>
        </div>
      )}
    </Page>
  );
}
