import { useMutation } from '@tanstack/react-query';
import { App, Button, Popconfirm } from 'antd';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { AgentView } from '../../api/types';
import { api, unwrap } from '../../api/client';
import { useOptions } from '../../api/queries';
import { optionLabel } from '../../api/option-label';
import { useConsole, useLive, useNow } from '../../app/console-context';
import { errorText, word } from '../../i18n/words';
import { duration, ratio } from '../../kit/format';
import { agentsByState } from '../../live/select';
import { LONG_PAUSE_MS } from './attention';
import { ListenKeys } from './ListenKeys';

export function AgentTable() {
  const { desk } = useConsole();
  const { t, i18n } = useTranslation();
  const agents = useLive((state) => state.agents);
  const now = useNow();
  const all = useMemo(() => agentsByState({ ...desk.live.get(), agents }), [agents, desk]);
  const here = all.filter((agent) => agent.state !== 'offline');
  const away = all.filter((agent) => agent.state === 'offline');
  return (
    <section className="panel" aria-labelledby="floor-agents">
      <h2 className="panel-head" id="floor-agents">
        {t('queue.agents')}
        <span className="panel-count num">{t('floorPage.floor.here', { count: here.length, all: all.length })}</span>
      </h2>
      <table className="floor-table">
        <thead>
          <tr>
            <th scope="col">{t('floorPage.floor.name')}</th>
            <th scope="col">{t('floorPage.floor.state')}</th>
            <th scope="col" className="right">
              {t('floorPage.floor.since')}
            </th>
            <th scope="col">{t('floorPage.floor.telephone')}</th>
            <th scope="col">{t('floorPage.floor.call')}</th>
            <th scope="col" className="right">
              {t('floorPage.floor.today')}
            </th>
            <th scope="col">
              <span className="visually-hidden">{t('floorPage.floor.actions')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {here.map((agent) => (
            <AgentRow key={agent.id} agent={agent} now={now} />
          ))}
        </tbody>
      </table>
      {here.length === 0 && <div className="panel-empty">{t('floorPage.floor.nobodyHere')}</div>}
      {away.length > 0 && (
        <div className="floor-away quiet">
          {t('floorPage.floor.away')} {away.map((agent) => agent.name).join(i18n.language === 'zh' ? '、' : ', ')}
        </div>
      )}
    </section>
  );
}

function AgentRow({ agent, now }: { agent: AgentView; now: number }) {
  const { t } = useTranslation();
  const { me } = useConsole();
  const myCall = useLive((state) => state.agents[me.id]?.call_id ?? null);
  const call = useLive((state) => (agent.call_id ? state.calls[agent.call_id] : undefined));
  const since = now - Date.parse(agent.since);
  const long = agent.state === 'paused' && since >= LONG_PAUSE_MS;
  const onCall = call !== undefined && (call.state === 'talking' || call.state === 'held');
  return (
    <tr data-testid={`floor-agent-${agent.id}`}>
      <th scope="row">
        {agent.name} {agent.role === 'supervisor' && <span className="quiet">{word('role', agent.role)}</span>}
      </th>
      <td>
        <span className={`dot dot-${agent.state}`} /> {word('agentState', agent.state)}
        {agent.state === 'paused' && <PauseReason code={agent.reason} />}
      </td>
      <td className={long ? 'num right age-warn' : 'num right'}>{duration(since)}</td>
      <td className={agent.phone_ok ? '' : 'floor-bad'}>
        {agent.phone_ok ? t('floorPage.floor.phoneOk') : t(`floorPage.floor.${agent.phone_problem || 'phoneBad'}`)}
      </td>
      <td>
        {onCall ? (
          <span>
            <span className={call.kind === 'sos' ? 'sev sev-E0' : 'sev'}>{t(`queue.${call.kind}`)}</span>{' '}
            {call.elder_name || t('queue.unknownCaller')} {call.place}
          </span>
        ) : (
          <span className="quiet">–</span>
        )}
      </td>
      <td className="num right">
        {agent.answered_today}
        {agent.answered_today > 0 && (
          <span className="quiet"> · {ratio(agent.answered_within_10s, agent.answered_today).split(' ')[0]}</span>
        )}
      </td>
      <td className="right">
        {agent.state === 'paused' && <EndPause agent={agent} />}
        {onCall && agent.id !== me.id && call.agent_id === agent.id && (
          <ListenKeys call={call} disabled={myCall !== null && myCall !== call.id} />
        )}
      </td>
    </tr>
  );
}

function PauseReason({ code }: { code: string }) {
  const { i18n } = useTranslation();
  const options = useOptions();
  const reason = options.data?.pause_reasons.find((one) => one.code === code);
  return reason === undefined ? null : <span className="quiet"> · {optionLabel(reason, i18n.language)}</span>;
}

function EndPause({ agent }: { agent: AgentView }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const end = useMutation({
    mutationFn: () => unwrap(api.POST('/api/agents/{agent_id}/idle', { params: { path: { agent_id: agent.id } } })),
    onSuccess: (outcome) => {
      if (outcome.outcome === 'done') void message.success(t('floorPage.floor.pauseEnded', { name: agent.name }));
      else void message.warning(word('error', outcome.reason));
    },
    onError: (error) => void message.warning(errorText(error)),
  });
  return (
    <Popconfirm
      title={t('floorPage.floor.endPauseTitle', { name: agent.name })}
      description={t('floorPage.floor.endPauseText')}
      okText={t('floorPage.floor.endPause')}
      cancelText={t('common.cancel')}
      onConfirm={() => end.mutate()}
    >
      <Button size="small" loading={end.isPending} data-testid={`end-pause-${agent.id}`}>
        {t('floorPage.floor.endPause')}
      </Button>
    </Popconfirm>
  );
}
