import {
  AppstoreOutlined,
  AudioMutedOutlined,
  AudioOutlined,
  PauseOutlined,
  CaretRightOutlined,
  PhoneFilled,
} from '@ant-design/icons';
import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CallView } from '../../api/types';
import { useConsole, useNow } from '../../app/console-context';
import { word } from '../../i18n/words';
import { duration, phoneNumber } from '../../kit/format';
import { OwnClock } from '../../kit/OwnClock';
import { isSos } from '../../live/select';
import type { PhoneCall } from '../../phone/state';
import { toggleHold, toggleMute } from '../console/keys';
import { HearingWarning } from './HearingWarning';
import { Greeting } from './Greeting';
import { Keypad } from './Keypad';
import { LevelMeter } from './LevelMeter';

interface Props {
  /** As the server sees it; null when the telephone talks and the socket is silent. */
  call: CallView | null;
  /** Our own leg; null when it is in another window. */
  leg: PhoneCall | null;
}

export function CallPanel({ call, leg }: Props) {
  const { desk } = useConsole();
  const { t } = useTranslation();
  const [keypad, setKeypad] = useState(false);
  const [busy, setBusy] = useState(false);
  const talking = call !== null ? call.state === 'talking' || call.state === 'held' : leg?.stage === 'talking';
  const number = phoneNumber(call?.caller_number ?? leg?.remote ?? '') || t('queue.withheld');
  const muted = leg?.muted ?? false;
  const hold = async (): Promise<void> => {
    setBusy(true);
    await toggleHold(desk);
    setBusy(false);
  };
  return (
    <section className="panel call-panel" data-testid="call-panel" data-call={call?.id ?? leg?.callId ?? ''}>
      <div className="call-line">
        <span className="call-number num">{number}</span>
        <CallClock call={call} leg={leg} />
      </div>
      <div className="call-line">
        <span
          className={`call-state ${call?.on_hold ? 'call-state-held' : talking ? 'call-state-talking' : ''}`}
          data-testid="call-state"
          data-state={call?.state ?? leg?.stage ?? ''}
        >
          {call === null || call.state === 'offered' || call.state === 'queued' || call.state === 'ringing'
            ? talking
              ? word('callState', 'talking')
              : call?.kind === 'outbound'
                ? t('call.dialling')
                : t('call.connecting')
            : word('callState', call.state)}
        </span>
        {call && isSos(call) && <span className="sev sev-E0">SOS</span>}
      </div>
      {leg?.stage === 'talking' && <HearingWarning muted={muted} onHold={call?.on_hold ?? false} />}
      {leg === null && call !== null && <div className="call-warning">{t('call.elsewhere')}</div>}
      <div className="call-keys">
        <Button
          data-testid="call-mute"
          aria-pressed={muted}
          type={muted ? 'primary' : 'default'}
          danger={muted}
          icon={muted ? <AudioMutedOutlined /> : <AudioOutlined />}
          disabled={leg?.stage !== 'talking'}
          onClick={() => toggleMute(desk)}
        >
          {muted ? t('call.unmute') : t('call.mute')} <kbd>F6</kbd>
        </Button>
        <Button
          data-testid="call-hold"
          aria-pressed={call?.on_hold ?? false}
          type={call?.on_hold ? 'primary' : 'default'}
          icon={call?.on_hold ? <CaretRightOutlined /> : <PauseOutlined />}
          loading={busy}
          disabled={!talking || call === null}
          onClick={() => void hold()}
        >
          {call?.on_hold ? t('call.resume') : t('call.hold')} <kbd>F7</kbd>
        </Button>
        <Button
          data-testid="call-keypad"
          aria-expanded={keypad}
          icon={<AppstoreOutlined />}
          disabled={!talking}
          onClick={() => setKeypad(!keypad)}
        >
          {t('call.keypad')}
        </Button>
        <Button
          data-testid="call-hangup"
          type="primary"
          danger
          icon={<PhoneFilled className="call-down" />}
          onClick={() => desk.hangUp()}
        >
          {t('call.hangUp')} <kbd>F4</kbd>
        </Button>
      </div>
      {keypad && talking && <Keypad callId={call?.id ?? null} hasLeg={leg !== null} />}
      {leg !== null && <LevelMeter />}
      {talking && call !== null && call.kind !== 'outbound' && <Greeting call={call} />}
    </section>
  );
}

function CallClock({ call, leg }: Props) {
  const now = useNow();
  const since = leg?.talkingSince ?? null;
  if (call?.answered_at) return <span className="call-clock num">{duration(now - Date.parse(call.answered_at))}</span>;
  if (call !== null || since === null) return null;
  return <OwnClock>{(own) => <span className="call-clock num">{duration(own - since)}</span>}</OwnClock>;
}
