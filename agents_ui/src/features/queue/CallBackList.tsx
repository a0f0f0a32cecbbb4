import { PhoneOutlined } from '@ant-design/icons';
import { useMutation } from '@tanstack/react-query';
import { Button, Tooltip } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { TaskView } from '../../api/types';
import { useConsole, useLive, useNow, usePhone } from '../../app/console-context';
import { lookUp } from '../../i18n/words';
import { duration, phoneNumber } from '../../kit/format';
import { openTasks, taskAge, talkingCall } from '../../live/select';
import { FinishTaskDialog } from './FinishTaskDialog';

export function CallBackList() {
  const { t } = useTranslation();
  const { desk } = useConsole();
  const tasks = useLive((state) => state.tasks);
  const open = useMemo(() => openTasks({ ...desk.live.get(), tasks }), [tasks, desk]);
  const now = useNow();
  const overdue = open.filter((task) => taskAge(task, now) === 'late').length;
  const [finishing, setFinishing] = useState<TaskView | null>(null);
  return (
    <section className="panel queue-tasks" aria-label={t('tasks.title')}>
      <header className="panel-head">
        {t('tasks.title')}
        <span className="panel-count num">{open.length}</span>
        {overdue > 0 && <span className="age-late num panel-overdue">{t('tasks.overdue', { count: overdue })}</span>}
      </header>
      <div className="panel-body">
        {open.length === 0 ? (
          <div className="panel-empty">{t('tasks.empty')}</div>
        ) : (
          open.map((task) => <CallBackItem key={task.id} task={task} now={now} onFinish={() => setFinishing(task)} />)
        )}
      </div>
      <FinishTaskDialog task={finishing} onClose={() => setFinishing(null)} />
    </section>
  );
}

/** Why a call-back cannot be started now; null: it can. */
function useHindrance(task: TaskView): string | null {
  const { me } = useConsole();
  const { t } = useTranslation();
  const busy = useLive((state) => talkingCall(state, me.id) !== null);
  const ready = usePhone((state) => state.registration === 'registered' || state.registration === 'elsewhere');
  if (busy) return t('tasks.notWhile');
  if (task.state === 'doing' && task.owner_id !== null && task.owner_id !== me.id) return t('tasks.takenBy');
  return ready ? null : t('tasks.phoneNotReady');
}

function CallBackItem({ task, now, onFinish }: { task: TaskView; now: number; onFinish: () => void }) {
  const { desk } = useConsole();
  const { t } = useTranslation();
  const hindrance = useHindrance(task);
  const age = taskAge(task, now);
  const left = Date.parse(task.due_at) - now;
  const call = useMutation({
    mutationFn: () => desk.callBack(task.id),
    onSuccess: () => desk.focus.openCase(task.case_id),
    onError: (error) => desk.notices.failed(error),
  });
  return (
    <div className={`queue-item queue-item-${age}`} data-testid={`callback-item-${task.id}`}>
      <div className="queue-row">
        <span className={`sev sev-${task.severity}`}>{task.severity}</span>
        <button type="button" className="queue-who queue-link" onClick={() => desk.focus.openCase(task.case_id)}>
          {task.elder_name || phoneNumber(task.caller_number) || t('queue.withheld')}
        </button>
        <span className={`queue-clock num age-${age}`}>
          {left >= 0 ? t('tasks.left', { time: duration(left) }) : t('tasks.over', { time: duration(-left) })}
        </span>
      </div>
      <div className="queue-row queue-sub">
        <span className="ellipsis">
          {[task.place, lookUp(`taskReason.${task.reason}`) ?? task.reason].filter(Boolean).join(' · ')}
          {task.attempts > 0 && <span className="num"> · {t('tasks.attempts', { count: task.attempts })}</span>}
          {task.has_recording && <span> · {t('tasks.hasRecording')}</span>}
        </span>
      </div>
      {task.has_recording && (
        <audio
          className="queue-audio"
          controls
          preload="none"
          src={`/api/tasks/${task.id}/recording`}
          aria-label={t('tasks.hasRecording')}
          data-testid="callback-recording"
        />
      )}
      <div className="queue-row queue-actions">
        <Tooltip title={hindrance}>
          <Button
            size="small"
            type="primary"
            ghost
            icon={<PhoneOutlined />}
            data-testid="callback-call"
            disabled={hindrance !== null || task.caller_number === ''}
            loading={call.isPending}
            onClick={() => call.mutate()}
          >
            {t('tasks.call')}
          </Button>
        </Tooltip>
        <Button size="small" type="text" onClick={onFinish} data-testid="callback-done">
          {t('tasks.noCallNeeded')}
        </Button>
      </div>
    </div>
  );
}
