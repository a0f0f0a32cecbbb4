import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { HandoverView } from '../../api/types';
import { api, unwrap } from '../../api/client';
import { useConsole, useNow } from '../../app/console-context';
import { errorText, word } from '../../i18n/words';
import { moment, phoneNumber } from '../../kit/format';

type Content = NonNullable<HandoverView['content']>;

/** As it was signed; the arriving lead reads it and signs below. Made to be printed. */
export function SignedView({ view }: { view: HandoverView }) {
  const { t } = useTranslation();
  const now = useNow(60_000);
  const { content } = view;
  const at = (iso: string | null): string => (iso === null ? '' : moment(Date.parse(iso), now));
  if (!content) return null;
  return (
    <div className="handover handover-print" data-testid="handover-signed">
      {view.late && <Alert type="warning" showIcon title={t('floorPage.handover.lateText')} />}
      <section className="panel handover-signatures">
        <span>
          {t('floorPage.handover.leaving')} <strong>{view.leaving_name}</strong>{' '}
          <span className="num">{at(view.signed_at)}</span>
        </span>
        <span>
          {t('floorPage.handover.arriving')} <strong>{view.arriving_name || '–'}</strong>{' '}
          <span className="num">{at(view.accepted_at)}</span>
        </span>
        <span className="quiet num">{t('floorPage.handover.digest', { digest: view.digest.slice(0, 12) })}</span>
      </section>
      <section className="panel">
        <h2>{t('floorPage.handover.cases')}</h2>
        {content.cases.length === 0 ? (
          <div className="panel-empty">{t('floorPage.handover.noCases')}</div>
        ) : (
          <table className="handover-table">
            <thead>
              <tr>
                {(['case', 'elder', 'owner', 'due', 'note'] as const).map((key) => (
                  <th key={key} scope="col">
                    {t(`floorPage.handover.${key}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {content.cases.map((item) => (
                <tr key={item.case_id}>
                  <th scope="row" className="num">
                    <span className={`sev sev-${item.severity}`}>{item.severity}</span> {item.number}
                  </th>
                  <td>
                    {item.elder_name || t('queue.unknownCaller')} <span className="quiet">{item.place}</span>
                  </td>
                  <td>{item.owner_name || t('floorPage.handover.inQueue')}</td>
                  <td className="num">{at(item.due_at) || '–'}</td>
                  <td>{item.note}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
      <TaskTable tasks={content.tasks} />
      {content.elders.length > 0 && (
        <section className="panel">
          <h2>{t('floorPage.handover.elders')}</h2>
          <ul className="handover-list">
            {content.elders.map((elder) => (
              <li key={elder.elder_id}>
                {elder.name} · {elder.place} · {word('presence', elder.presence)} {elder.note}
              </li>
            ))}
          </ul>
        </section>
      )}
      <section className="panel">
        <h2>{t('floorPage.handover.remarks')}</h2>
        <p className="handover-words">{content.remarks || t('common.none')}</p>
        {view.arriving_remark !== '' && (
          <p className="handover-words">
            <strong>{view.arriving_name}</strong>: {view.arriving_remark}
          </p>
        )}
      </section>
      {view.state === 'signed_by_leaving' && <Accept view={view} />}
    </div>
  );
}

function Accept({ view }: { view: HandoverView }) {
  const { t } = useTranslation();
  const { me } = useConsole();
  const queries = useQueryClient();
  const [remark, setRemark] = useState('');
  const accept = useMutation({
    mutationFn: () =>
      unwrap(
        api.POST('/api/handovers/{handover_id}/accept', {
          params: { path: { handover_id: view.id } },
          body: { remark: remark.trim() },
        }),
      ),
    onSuccess: (signed) => queries.setQueryData(['handover', view.id], signed),
    onSettled: () => void queries.invalidateQueries({ queryKey: ['handovers'] }),
    onError: () => void queries.invalidateQueries({ queryKey: ['handover', view.id] }),
  });
  if (view.leaving_id === me.id) return <Alert type="info" showIcon title={t('floorPage.handover.waitsForOther')} />;
  return (
    <footer className="handover-foot">
      <Input
        value={remark}
        maxLength={300}
        aria-label={t('floorPage.handover.myRemark')}
        placeholder={t('floorPage.handover.myRemark')}
        onChange={(event) => setRemark(event.target.value)}
      />
      {accept.isError && <span className="age-late">{errorText(accept.error)}</span>}
      <Button type="primary" loading={accept.isPending} onClick={() => accept.mutate()} data-testid="handover-accept">
        {t('floorPage.handover.accept', { name: me.name })}
      </Button>
    </footer>
  );
}

export function TaskTable({ tasks }: { tasks: Content['tasks'] }) {
  const { t } = useTranslation();
  const now = useNow(60_000);
  if (tasks.length === 0) return null;
  return (
    <section className="panel">
      <h2>{t('tasks.title')}</h2>
      <ul className="handover-list">
        {tasks.map((task) => (
          <li key={task.task_id} className="num">
            {task.elder_name || phoneNumber(task.caller_number)} · {task.case_number} ·{' '}
            {t('floorPage.handover.dueAt', { time: moment(Date.parse(task.due_at), now) })}
            {task.attempts > 0 && ` · ${t('tasks.attempts', { count: task.attempts })}`}
          </li>
        ))}
      </ul>
    </section>
  );
}
