import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Input, Modal, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AgentView, CaseDetail, CaseSummary } from '../../api/types';
import { api, unwrap } from '../../api/client';
import { useConsole, useLive } from '../../app/console-context';
import { word } from '../../i18n/words';
import { agentsByState } from '../../live/select';
import { moveError } from './ownership';
import './owner.css';

const MINUTES = [5, 15, 30, 60, 240, 1440];

/** Who could take it, those at the desk first. */
export function useReceivers(but: string | null): { value: string; label: string; agent: AgentView }[] {
  const { me, desk } = useConsole();
  const agents = useLive((state) => state.agents);
  return agentsByState({ ...desk.live.get(), agents })
    .filter((agent) => agent.id !== but && agent.id !== me.id)
    .map((agent) => ({ value: agent.id, label: `${agent.name} · ${word('agentState', agent.state)}`, agent }));
}

function useMoved(caseId: string, onClose: () => void) {
  const queries = useQueryClient();
  return {
    onSuccess: (detail: CaseDetail) => {
      queries.setQueryData(['case', caseId], detail);
      onClose();
    },
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ['floor-cases'] });
      void queries.invalidateQueries({ queryKey: ['case', caseId] });
    },
  };
}

export function GiveDialog({ item, onClose }: { item: CaseSummary; onClose: () => void }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const receivers = useReceivers(item.owner_id);
  const [to, setTo] = useState<string | null>(null);
  const [said, setSaid] = useState('');
  const chosen = receivers.find((one) => one.value === to);
  const give = useMutation({
    mutationFn: (receiver: string) =>
      unwrap(
        api.POST('/api/cases/{case_id}/give', {
          params: { path: { case_id: item.id } },
          body: { to: receiver, seen_owner_id: item.owner_id, word: said.trim() },
        }),
      ),
    ...useMoved(item.id, () => {
      void message.success(t('floorPage.floor.given', { name: chosen?.agent.name ?? '' }));
      onClose();
    }),
  });
  return (
    <Modal
      open
      title={t('floorPage.floor.giveTitle', { number: item.number })}
      okText={t('floorPage.floor.giveOk')}
      okButtonProps={{ disabled: to === null, loading: give.isPending, 'data-testid': 'give-ok' } as never}
      onOk={() => to !== null && give.mutate(to)}
      onCancel={onClose}
    >
      <div className="move-form">
        <label>
          {t('floorPage.floor.giveTo')}
          <Select
            showSearch={{ optionFilterProp: 'label' }}
            options={receivers}
            value={to}
            onChange={setTo}
            placeholder={t('floorPage.floor.giveTo')}
            aria-label={t('floorPage.floor.giveTo')}
            notFoundContent={t('floorPage.floor.nobodyElse')}
            data-testid="give-to"
          />
        </label>
        {chosen?.agent.state === 'offline' && (
          <Alert type="warning" showIcon title={t('floorPage.floor.isOffline', { name: chosen.agent.name })} />
        )}
        <label>
          {t('floorPage.floor.word')}
          <Input.TextArea
            rows={2}
            maxLength={300}
            showCount
            value={said}
            onChange={(event) => setSaid(event.target.value)}
            placeholder={t('floorPage.floor.wordHint')}
            data-testid="give-word"
          />
        </label>
        {give.isError && <Alert type="error" showIcon title={moveError(give.error)} />}
      </div>
    </Modal>
  );
}

export function FreeDialog({ item, onClose }: { item: CaseSummary; onClose: () => void }) {
  const { t } = useTranslation();
  const [minutes, setMinutes] = useState<number | null>(null);
  const [said, setSaid] = useState('');
  const free = useMutation({
    mutationFn: () =>
      unwrap(
        api.POST('/api/cases/{case_id}/free', {
          params: { path: { case_id: item.id } },
          body: { seen_owner_id: item.owner_id, minutes, word: said.trim() },
        }),
      ),
    ...useMoved(item.id, onClose),
  });
  return (
    <Modal
      open
      title={t('floorPage.floor.freeTitle', { number: item.number })}
      okText={t('floorPage.floor.free')}
      okButtonProps={{ loading: free.isPending, 'data-testid': 'free-ok' } as never}
      onOk={() => free.mutate()}
      onCancel={onClose}
    >
      <div className="move-form">
        <span className="quiet">{t('floorPage.floor.freeHelp')}</span>
        <label>
          {t('floorPage.floor.within')}
          <Select
            value={minutes ?? 0}
            onChange={(value: number) => setMinutes(value === 0 ? null : value)}
            aria-label={t('floorPage.floor.within')}
            options={[
              { value: 0, label: t('floorPage.floor.bySeverity') },
              ...MINUTES.map((value) => ({
                value,
                label:
                  value < 60
                    ? t('floorPage.floor.minutes', { count: value })
                    : t('floorPage.floor.hours', { count: value / 60 }),
              })),
            ]}
          />
        </label>
        <label>
          {t('floorPage.floor.word')}
          <Input.TextArea rows={2} maxLength={300} value={said} onChange={(event) => setSaid(event.target.value)} />
        </label>
        {free.isError && <Alert type="error" showIcon title={moveError(free.error)} />}
      </div>
    </Modal>
  );
}
