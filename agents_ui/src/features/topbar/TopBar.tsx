import { SearchOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { useConsole, useLive, useNow } from '../../app/console-context';
import { may } from '../../app/session';
import { clockTime, ratio } from '../../kit/format';
import { Logo } from '../../kit/Logo';
import { MyFigures } from '../floor/MyFigures';
import { AccountMenu } from './AccountMenu';
import { PhoneBadge } from './PhoneBadge';
import { PresenceMenu } from './PresenceMenu';
import './topbar.css';

export function TopBar({ onSearch }: { onSearch: () => void }) {
  const { me } = useConsole();
  const { t } = useTranslation();
  return (
    <header className="topbar">
      <div className="topbar-brand">
        <Logo size={28} />
        <span>{t('app.name')}</span>
      </div>
      {may(me, 'calls:take') && <PresenceMenu />}
      {may(me, 'calls:take') && <PhoneBadge />}
      {may(me, 'calls:take') && <TodayFigures />}
      <div className="topbar-space" />
      {may(me, 'elders:search') && (
        <Button className="topbar-search" icon={<SearchOutlined />} onClick={onSearch} data-testid="search-open">
          {t('top.search')} <kbd>Ctrl K</kbd>
        </Button>
      )}
      <ServerTime />
      <AccountMenu />
    </header>
  );
}

function TodayFigures() {
  const { me } = useConsole();
  const { t } = useTranslation();
  const answered = useLive((state) => state.agents[me.id]?.answered_today ?? 0);
  const within = useLive((state) => state.agents[me.id]?.answered_within_10s ?? 0);
  return (
    <MyFigures>
      <span>{t('top.today', { count: answered })}</span>
      {answered > 0 && <span className="quiet">{t('top.within10', { ratio: ratio(within, answered) })}</span>}
    </MyFigures>
  );
}

function ServerTime() {
  const { t } = useTranslation();
  const now = useNow();
  return (
    <time className="topbar-clock num" title={t('top.clock')} dateTime={new Date(now).toISOString()}>
      {clockTime(now)}
    </time>
  );
}
