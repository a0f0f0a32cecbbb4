import { useQuery } from '@tanstack/react-query';
import { Alert, Button, Skeleton } from 'antd';
import { useEffect, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { FloorCase } from '../../api/types';
import { api, unwrap } from '../../api/client';
import { useConsole, useLive, useNow } from '../../app/console-context';
import { may } from '../../app/session';
import { errorText } from '../../i18n/words';
import { useGlassCount } from '../access/queries';
import { EmergencyList } from '../emergency/EmergencyList';
import { useHandovers } from '../handover/use-handovers';
import { WaitingList } from '../queue/WaitingList';
import '../console/console.css';
import '../queue/queue.css';
import { Page } from '../shell/Page';
import { AgentTable } from './AgentTable';
import { attention } from './attention';
import { AttentionStrip } from './AttentionStrip';
import { CaseTable } from './CaseTable';
import { FloorTasks } from './FloorTasks';
import './floor.css';

const POLL_MS = 4_000;

export function useFloorCases() {
  const { desk } = useConsole();
  const asked = useQuery({
    queryKey: ['floor-cases'],
    queryFn: () => unwrap(api.GET('/api/floor/cases')),
    refetchInterval: POLL_MS,
    staleTime: 0,
  });
  const { refetch } = asked;
  // What moves on the socket mostly moves a case too: it is looked at again at once, a burst of events together.
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let { calls, tasks } = desk.live.get();
    const undo = desk.live.subscribe(() => {
      const state = desk.live.get();
      if (state.calls === calls && state.tasks === tasks) return;
      ({ calls, tasks } = state);
      timer ??= setTimeout(() => {
        timer = undefined;
        void refetch();
      }, 300);
    });
    return () => {
      undo();
      clearTimeout(timer);
    };
  }, [desk, refetch]);
  return asked;
}

const NONE: FloorCase[] = [];

/** Everything that goes on, on one page: what needs somebody first, then people, then cases; who waits stands at the side. */
export function FloorPage() {
  const { me } = useConsole();
  const { t } = useTranslation();
  const live = useLive((state) => state);
  const now = useNow();
  const asked = useFloorCases();
  const cases = asked.data ?? NONE;
  const handovers = useHandovers().data;
  const glass = useGlassCount(may(me, 'glass:review')).data;
  const matters = useMemo(() => {
    const late = (handovers ?? []).filter((one) => one.late && one.state === 'signed_by_leaving');
    return [
      ...attention(live, cases, now),
      ...(glass !== undefined && glass.overdue > 0 ? [{ kind: 'glassOverdue' as const, count: glass.overdue }] : []),
      ...late.map(({ id, leaving_name: name }) => ({ kind: 'handoverLate' as const, id, name })),
    ];
  }, [live, cases, now, handovers, glass]);
  return (
    <Page title={t('nav.floor')}>
      <div className="floor">
        <AttentionStrip matters={matters} />
        <div className="floor-main">
          <AgentTable />
          {asked.isError && asked.data === undefined ? (
            <Alert
              type="warning"
              showIcon
              title={t('floorPage.floor.casesFailed')}
              description={errorText(asked.error)}
              action={<Button onClick={() => void asked.refetch()}>{t('common.retry')}</Button>}
            />
          ) : asked.isPending ? (
            <div className="panel floor-loading" aria-busy="true">
              <Skeleton active paragraph={{ rows: 5 }} />
            </div>
          ) : (
            <CaseTable cases={cases} stale={asked.isError} />
          )}
        </div>
        <aside className="floor-side">
          <EmergencyList />
          <WaitingList />
          <FloorTasks />
        </aside>
      </div>
    </Page>
  );
}
