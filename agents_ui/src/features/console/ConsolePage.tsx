import { Button, Result } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useConsole, useLive } from '../../app/console-context';
import { CallColumn } from '../call/CallColumn';
import { CaseColumn } from '../case/CaseColumn';
import { QueueColumn } from '../queue/QueueColumn';
import { RingBand } from '../ringing/RingBand';
import { SearchDialog } from '../search/SearchDialog';
import { TopBar } from '../topbar/TopBar';
import { ConnectionBar } from './ConnectionBar';
import { useKeys } from './keys';
import { PhoneHint } from './PhoneHint';
import { useNotices } from './use-notices';
import './console.css';

export function ConsolePage() {
  const { desk } = useConsole();
  const { t } = useTranslation();
  const connection = useLive((state) => state.connection);
  const [searching, setSearching] = useState(false);
  useKeys({ onSearch: () => setSearching(true) });
  useNotices();

  if (connection === 'replaced') {
    return (
      <div className="page-middle">
        <Result
          status="info"
          title={t('conn.replacedTitle')}
          subTitle={t('conn.replacedText')}
          extra={
            <Button type="primary" onClick={() => desk.begin()}>
              {t('conn.replacedHere')}
            </Button>
          }
        />
      </div>
    );
  }
  return (
    <div className="console">
      <TopBar onSearch={() => setSearching(true)} />
      <div className="console-bars">
        <ConnectionBar />
        <PhoneHint />
        <RingBand />
      </div>
      <div className="console-columns">
        <QueueColumn />
        <CaseColumn />
        <CallColumn />
      </div>
      <SearchDialog open={searching} onClose={() => setSearching(false)} />
    </div>
  );
}
