import { useTranslation } from 'react-i18next';
import type { AgentView } from '../../api/types';
import { usePhone } from '../../app/console-context';
import { LevelMeter } from './LevelMeter';

/** No call: says why none would come, or that all is well. */
export function IdlePanel({ agent }: { agent: AgentView | undefined }) {
  const { t } = useTranslation();
  const microphone = usePhone((state) => state.microphone);
  const state = agent?.state ?? 'offline';
  const help = {
    idle: t('call.readyHelp'),
    ringing: t('call.ringingHelp'),
    talking: t('call.readyHelp'),
    wrap_up: t('call.wrapUpHelp'),
    paused: t('call.pausedHelp'),
    offline: t('call.offlineHelp'),
  }[state];
  return (
    <section className="panel call-panel">
      <div className="call-none">{t('call.none')}</div>
      <div className="quiet">{help}</div>
      {state === 'idle' && <div className="quiet">{t('call.noneHelp')}</div>}
      {microphone === 'granted' && <LevelMeter onlyOwn />}
    </section>
  );
}
