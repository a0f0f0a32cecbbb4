import { AudioMutedOutlined, SoundOutlined } from '@ant-design/icons';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useConsole } from '../../app/console-context';
import { HearingWatch, type HearingFault } from '../../phone/hearing';

const EVERY_MS = 200;

interface Props {
  muted: boolean;
  onHold: boolean;
}

/** Muted but talking, a dead microphone, a dead line: said before the elder says "hello? hello?". */
export function HearingWarning({ muted, onHold }: Props) {
  const { desk } = useConsole();
  const { t } = useTranslation();
  const [watch] = useState(() => new HearingWatch());
  const [fault, setFault] = useState<HearingFault>(null);
  useEffect(() => {
    const timer = setInterval(
      () => setFault(watch.look({ ...desk.phone.levels(), muted, onHold }, performance.now())),
      EVERY_MS,
    );
    return () => clearInterval(timer);
  }, [desk, muted, onHold, watch]);
  if (fault === null) return muted ? <div className="call-warning">{t('call.muted')}</div> : null;
  return (
    <div
      className={fault === 'hears-nothing' ? 'call-warning' : 'call-warning call-warning-loud'}
      role="alert"
      data-testid={`hearing-${fault}`}
    >
      {fault === 'hears-nothing' ? <SoundOutlined /> : <AudioMutedOutlined />} {t(`deskMore.hearing.${fault}`)}
    </div>
  );
}
