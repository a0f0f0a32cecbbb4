import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useConsole, useLive, useNow } from '../../app/console-context';
import { word } from '../../i18n/words';
import { duration } from '../../kit/format';
import { agentsByState } from '../../live/select';
import { OnDuty } from '../regions/OnDuty';

/** Colleagues at a glance: who could help now. */
export function AgentList() {
  const { desk, me } = useConsole();
  const { t } = useTranslation();
  const agents = useLive((state) => state.agents);
  const now = useNow();
  const here = useMemo(
    () => agentsByState({ ...desk.live.get(), agents }).filter((agent) => agent.state !== 'offline'),
    [agents, desk],
  );
  return (
    <section className="panel queue-agents">
      <header className="panel-head">
        {t('queue.agents')}
        <span className="panel-count num">{here.length}</span>
      </header>
      <div className="panel-body" tabIndex={0} role="group" aria-label={t('queue.agents')}>
        {here.map((agent) => (
          <div key={agent.id} className="agent-row" data-testid={`agent-${agent.id}`}>
            <span className={`dot dot-${agent.state}`} />
            <span className="ellipsis">
              {agent.name}
              {agent.id === me.id && <span className="quiet"> ({t('case.you')})</span>}
            </span>
            <span className="quiet agent-state">
              {word('agentState', agent.state)} <span className="num">{duration(now - Date.parse(agent.since))}</span>
            </span>
          </div>
        ))}
      </div>
      <OnDuty />
    </section>
  );
}
