import { PhoneFilled } from '@ant-design/icons';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { useConsole, useLive, useNow } from '../../app/console-context';
import { duration } from '../../kit/format';
import { talkingCall } from '../../live/select';

/** On every page but the desk: a call that is on must not be forgotten behind a form. */
export function CallStrip() {
  const { me } = useConsole();
  const { t } = useTranslation();
  const navigate = useNavigate();
  const now = useNow();
  const call = useLive((state) => talkingCall(state, me.id));
  const wrapUp = useLive((state) => state.agents[me.id]?.state === 'wrap_up');
  if (call === null && !wrapUp) return null;
  return (
    <div className="call-strip" role="status" data-testid="call-strip">
      <PhoneFilled />
      <strong>{call === null ? t('shell.wrapUp') : t('shell.inCall')}</strong>
      {call !== null && (
        <span className="num">
          {call.elder_name || t('queue.unknownCaller')} ·{' '}
          {duration(now - Date.parse(call.answered_at ?? call.received_at))}
        </span>
      )}
      <Button size="small" type="primary" onClick={() => void navigate('/')}>
        {t('shell.backToCall')}
      </Button>
    </div>
  );
}
