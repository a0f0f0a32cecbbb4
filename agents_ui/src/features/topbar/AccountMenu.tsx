import { DownOutlined, UserOutlined } from '@ant-design/icons';
import { Button, Dropdown } from 'antd';
import type { MenuProps } from 'antd';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { useConsole, usePhone } from '../../app/console-context';
import { language, setLanguage } from '../../app/preferences';
import { may } from '../../app/session';
import { word } from '../../i18n/words';

export function AccountMenu() {
  const { me, server, session, desk } = useConsole();
  const { t } = useTranslation();
  const navigate = useNavigate();
  const inCall = usePhone((state) => state.call !== null);
  const hasTraining = server.mode !== 'production' && may(me, 'training:phone');

  const items: MenuProps['items'] = [
    { key: 'who', label: `${me.name} · ${word('role', me.role)}`, disabled: true },
    { key: 'account', label: t('nav.account') },
    { key: 'language', label: t('app.language') },
    ...(hasTraining ? [{ key: 'training', label: t('app.training') }] : []),
    { type: 'divider' },
    {
      key: 'sign-out',
      label: <span data-testid="sign-out">{inCall ? t('top.signOutDuringCall') : t('top.signOut')}</span>,
      disabled: inCall,
    },
  ];
  const onClick: MenuProps['onClick'] = ({ key }) => {
    if (key === 'account') void navigate('/account');
    if (key === 'language') setLanguage(language.get() === 'zh' ? 'en' : 'zh');
    if (key === 'training') window.open('/training', '_blank', 'noopener');
    if (key === 'sign-out') session.signOut().catch((error: unknown) => desk.notices.failed(error));
  };
  return (
    <Dropdown menu={{ items, onClick }} trigger={['click']} placement="bottomRight">
      <Button
        type="text"
        icon={<UserOutlined />}
        aria-label={`${t('top.account')}: ${me.name}`}
        data-testid="account-menu"
      >
        {me.name} <DownOutlined style={{ fontSize: 10 }} />
      </Button>
    </Dropdown>
  );
}
