import { AudioMutedOutlined, InfoCircleOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { useConsole, useLive, usePhone } from '../../app/console-context';
import type { AgentView } from '../../api/types';
import { useDelayed } from '../../kit/use-delayed';
import type { PhoneState } from '../../phone/state';

type Hint = 'micAsking' | 'micDenied' | 'micMissing' | 'failed' | 'unanswered' | 'silent' | 'deaf' | null;

/** What keeps the telephone from working, in the order in which it has to be mended. */
export function phoneHint(state: PhoneState, shown: AgentView['phone_problem'] = ''): Hint {
  if (state.registration === 'elsewhere' || state.registration === 'off') return null;
  if (state.microphone === 'denied') return 'micDenied';
  if (state.microphone === 'missing') return 'micMissing';
  if (state.microphone === 'asking') return 'micAsking';
  if (state.registration === 'failed') return 'failed';
  // It looks well from here; the server's silent call did not come back.
  return shown === '' ? null : shown;
}

export function PhoneHint() {
  const { desk, me } = useConsole();
  const { t } = useTranslation();
  const shown = useLive((live) => live.agents[me.id]?.phone_problem ?? '');
  const hint = usePhone((state) => phoneHint(state, shown));
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
