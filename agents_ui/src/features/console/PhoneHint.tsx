import { AudioMutedOutlined, InfoCircleOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { useConsole, usePhone } from '../../app/console-context';
import { useDelayed } from '../../kit/use-delayed';
import type { PhoneState } from '../../phone/state';

type Hint = 'micAsking' | 'micDenied' | 'micMissing' | 'failed' | null;

/** What keeps the telephone from working, in the order in which it has to be mended. */
export function phoneHint(state: PhoneState): Hint {
  if (state.registration === 'elsewhere' || state.registration === 'off') return null;
  if (state.microphone === 'denied') return 'micDenied';
  if (state.microphone === 'missing') return 'micMissing';
  if (state.microphone === 'asking') return 'micAsking';
  return state.registration === 'failed' ? 'failed' : null;
}

export function PhoneHint() {
  const { desk } = useConsole();
  const { t } = useTranslation();
  const hint = usePhone(phoneHint);
  const asking = hint === 'micAsking';
  const askedLong = useDelayed(asking, 800);
  if (hint === null || (asking && !askedLong)) return null;
  return (
    <div className={asking ? 'hint-bar hint-bar-quiet' : 'hint-bar'} role="status" data-testid="phone-hint">
      {asking ? <InfoCircleOutlined /> : <AudioMutedOutlined />}
      <div className="hint-bar-text">
        <strong>{t(`phone.${hint}Title`)}</strong> {t(`phone.${hint}Help`)}
      </div>
      {!asking && <Button onClick={() => desk.desk.retry()}>{t('common.retry')}</Button>}
    </div>
  );
}
