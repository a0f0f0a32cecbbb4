import {
  AppstoreOutlined,
  AudioMutedOutlined,
  AudioOutlined,
  LogoutOutlined,
  PauseOutlined,
  CaretRightOutlined,
  PhoneFilled,
  UserAddOutlined,
} from '@ant-design/icons';
import { Button, Dropdown } from 'antd';
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
import { useStore } from '../../kit/store';
import { addDialog } from './add-dialog';
import { AddDialog } from './AddDialog';
import { HearingWarning } from './HearingWarning';
import { Greeting } from './Greeting';
import { Keypad } from './Keypad';
import { LevelMeter } from './LevelMeter';
import { SupervisorNote } from './SupervisorNote';
import { OutsideKeys } from './OutsideKeys';
import { companyOf, standingOf } from './parties';
import { PartyList } from './PartyList';
import { comeBack, leaveCall } from './reach';

interface Props {
  /** As the server sees it; null when the telephone talks and the socket is silent. */
  call: CallView | null;
  /** Our own leg; null when it is in another window. */
  leg: PhoneCall | null;
  /** Of the protocol: those of outside help that stand out. */
  offered?: readonly string[];
  /** The opening words stand elsewhere on the emergency screen. */
  greets?: boolean;
}

export function CallPanel({ call, leg, offered = [], greets = true }: Props) {
  const { desk, me } = useConsole();
  const { t } = useTranslation();
  const adding = useStore(addDialog, (value) => value);
  const [keypad, setKeypad] = useState(false);
  const [helping, setHelping] = useState(false);
  const [busy, setBusy] = useState(false);
  const talking = call !== null ? call.state === 'talking' || call.state === 'held' : leg?.stage === 'talking';
  const number = phoneNumber(call?.caller_number ?? leg?.remote ?? '') || t('queue.withheld');
  const muted = leg?.muted ?? false;
  const standing = call === null ? 'on' : standingOf(call, me.id);
  const elder = call?.pop?.elder ?? null;
  const company = call === null ? 0 : companyOf(call, me.id);
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
        {call?.recording && (
          <span className="call-recording" data-testid="call-recording">
            {t('call.recording')}
          </span>
        )}
        {call && isSos(call) && <span className="sev sev-E0">SOS</span>}
      </div>
      {leg?.stage === 'talking' && <HearingWarning muted={muted} onHold={call?.on_hold ?? false} />}
      {call !== null && talking && <SupervisorNote call={call} />}
      {leg === null && call !== null && standing === 'on' && <div className="call-warning">{t('call.elsewhere')}</div>}
      {call !== null && standing !== 'on' && <Apart call={call} away={standing === 'away'} />}
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
          data-testid="call-add"
          icon={<UserAddOutlined />}
          disabled={!talking || call === null || standing !== 'on'}
          onClick={() => addDialog.set('colleague')}
        >
          {t('callPage.transfer')}
        </Button>
        {company >= 2 && standing === 'on' && call !== null && <LeaveKey call={call} />}
        <Button
          className={company >= 2 ? '' : 'call-wide'}
          data-testid="call-hangup"
          type="primary"
          danger
          icon={<PhoneFilled className="call-down" />}
          onClick={() => desk.hangUp()}
        >
          {t('call.hangUp')} <kbd>F4</kbd>
        </Button>
      </div>
      {call !== null && <PartyList call={call} elder={elder} acts={standing !== 'away'} />}
      {keypad && talking && <Keypad callId={call?.id ?? null} hasLeg={leg !== null} />}
      {leg !== null && <LevelMeter />}
      {talking && call !== null && call.kind !== 'outbound' && greets && <Greeting call={call} />}
      {call !== null &&
        talking &&
        standing === 'on' &&
        (helping || isSos(call) ? (
          <OutsideKeys call={call} caseId={call.case_id} elder={elder} offered={offered} />
        ) : (
          <Button data-testid="outside-open" onClick={() => setHelping(true)}>
            {t('callPage.help')} · {t('callPage.family')} · {t('callPage.worker')}
          </Button>
        ))}
      {adding !== null && <AddDialog call={call} caseId={call?.case_id ?? null} side={adding} />}
      {call?.kind === 'outbound' && call.recording && call.severity !== 'E0' && (
        <p className="call-greet quiet" data-testid="tell-recorded">
          {t('call.tellRecorded')}
        </p>
      )}
    </section>
  );
}

/** Who listens or has left while the others talk: in words, with the way back. */
function Apart({ call, away }: { call: CallView; away: boolean }) {
  const { desk } = useConsole();
  const { t } = useTranslation();
  return (
    <div className="call-apart" role="status" data-testid={away ? 'call-away' : 'call-listening'}>
      {t(away ? 'callPage.away' : 'callPage.listening')}
      <Button size="small" type="primary" data-testid="call-come-back" onClick={() => void comeBack(desk, call.id)}>
        {t('callPage.comeBack')}
      </Button>
    </div>
  );
}

function LeaveKey({ call }: { call: CallView }) {
  const { desk } = useConsole();
  const { t } = useTranslation();
  return (
    <Dropdown
      trigger={['click']}
      menu={{
        items: [
          { key: 'listen', label: <span data-testid="leave-listen">{t('callPage.leaveListen')}</span> },
          { key: 'now', label: <span data-testid="leave-now">{t('callPage.leaveNow')}</span> },
        ],
        onClick: ({ key }) => void leaveCall(desk, call.id, key === 'listen'),
      }}
    >
      <Button data-testid="call-leave" icon={<LogoutOutlined />} title={t('callPage.leaveHelp')}>
        {t('callPage.leave')}
      </Button>
    </Dropdown>
  );
}

function CallClock({ call, leg }: Props) {
  const now = useNow();
  const since = leg?.talkingSince ?? null;
  if (call?.answered_at) return <span className="call-clock num">{duration(now - Date.parse(call.answered_at))}</span>;
  if (call !== null || since === null) return null;
  return <OwnClock>{(own) => <span className="call-clock num">{duration(own - since)}</span>}</OwnClock>;
}
