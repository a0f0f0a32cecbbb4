import { useMutation } from '@tanstack/react-query';
import { App, Select } from 'antd';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { TaskView } from '../../api/types';
import { api, unwrap } from '../../api/client';
import { useConsole, useLive, useNow } from '../../app/console-context';
import { may } from '../../app/session';
import { lookUp } from '../../i18n/words';
import { duration, phoneNumber } from '../../kit/format';
import { openTasks, taskAge } from '../../live/select';
import { useReceivers } from './MoveDialogs';
import { moveError } from './ownership';

/** Call-backs, and whom they are put to. */
export function FloorTasks() {
  const { t } = useTranslation();
  const { desk } = useConsole();
  const tasks = useLive((state) => state.tasks);
  const now = useNow();
  const open = useMemo(() => openTasks({ ...desk.live.get(), tasks }), [tasks, desk]);
  const overdue = open.filter((task) => taskAge(task, now) === 'late').length;
  return (
    <section className="panel floor-tasks" aria-labelledby="floor-tasks">
      <div className="panel-head">
        <h2 id="floor-tasks">{t('tasks.title')}</h2>
        <span className="panel-count num">{open.length}</span>
        {overdue > 0 && <span className="age-late num panel-overdue">{t('tasks.overdue', { count: overdue })}</span>}
      </div>
      <div className="panel-body">
        {open.length === 0 && <div className="panel-empty">{t('tasks.empty')}</div>}
        {open.map((task) => (
          <FloorTask key={task.id} task={task} now={now} />
        ))}
      </div>
    </section>
  );
}

function FloorTask({ task, now }: { task: TaskView; now: number }) {
  const { t } = useTranslation();
  const { me } = useConsole();
  const { message } = App.useApp();
  const receivers = useReceivers(null);
  const owner = useLive((state) => (task.owner_id ? state.agents[task.owner_id]?.name : undefined));
  const age = taskAge(task, now);
  const left = Date.parse(task.due_at) - now;
  const assign = useMutation({
    mutationFn: (to: string) =>
      unwrap(
        api.POST('/api/tasks/{task_id}/assign', {
          params: { path: { task_id: task.id } },
          body: { to, seen_owner_id: task.owner_id },
        }),
      ),
    onError: (error) => void message.warning(moveError(error)),
  });
  const label = t('floorPage.floor.putTo');
  return (
    <div className={`queue-item queue-item-${age}`} data-testid={`floor-task-${task.id}`}>
      <div className="queue-row">
        <span className={`sev sev-${task.severity}`}>{task.severity}</span>
        <span className="queue-who">{task.elder_name || phoneNumber(task.caller_number) || t('queue.withheld')}</span>
        <span className={`queue-clock num age-${age}`}>
          {left >= 0 ? t('tasks.left', { time: duration(left) }) : t('tasks.over', { time: duration(-left) })}
        </span>
      </div>
      <div className="queue-row queue-sub">
        <span className="ellipsis">
          {[task.place, lookUp(`taskReason.${task.reason}`) ?? task.reason].filter(Boolean).join(' · ')}
          {task.attempts > 0 && <span className="num"> · {t('tasks.attempts', { count: task.attempts })}</span>}
        </span>
      </div>
      {task.state === 'doing' ? (
        <div className="quiet">{t('floorPage.floor.isDoing', { name: owner ?? '' })}</div>
      ) : (
        may(me, 'cases:assign') && (
          <Select
            size="small"
            className="floor-put"
            placeholder={label}
            aria-label={label}
            value={task.owner_id}
            loading={assign.isPending}
            disabled={assign.isPending}
            options={[{ value: me.id, label: t('floorPage.floor.myself') }, ...receivers]}
            onChange={(to: string) => assign.mutate(to)}
          />
        )
      )}
    </div>
  );
}
