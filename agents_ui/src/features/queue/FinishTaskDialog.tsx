import { useMutation } from '@tanstack/react-query';
import { Alert, Input, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import type { TaskView } from '../../api/types';
import { errorText } from '../../i18n/words';

interface Props {
  task: TaskView | null;
  onClose: () => void;
}

/** A call-back that turned out to need no call: it still needs a reason. */
export function FinishTaskDialog({ task, onClose }: Props) {
  const { t } = useTranslation();
  const [note, setNote] = useState('');
  const close = (): void => {
    setNote('');
    finish.reset();
    onClose();
  };
  const finish = useMutation({
    mutationFn: (taskId: string) =>
      unwrap(
        api.POST('/api/tasks/{task_id}/done', { params: { path: { task_id: taskId } }, body: { note: note.trim() } }),
      ),
    onSuccess: () => close(),
  });
  return (
    <Modal
      open={task !== null}
      title={t('tasks.doneTitle')}
      okText={t('common.save')}
      onCancel={close}
      onOk={() => task && finish.mutate(task.id)}
      okButtonProps={{ disabled: note.trim() === '', loading: finish.isPending }}
      destroyOnHidden
    >
      <p>{t('tasks.doneHelp')}</p>
      <Input.TextArea
        data-testid="callback-done-note"
        autoFocus
        rows={3}
        maxLength={4000}
        value={note}
        onChange={(event) => setNote(event.target.value)}
      />
      {finish.isError && <Alert style={{ marginTop: 8 }} type="error" showIcon title={errorText(finish.error)} />}
    </Modal>
  );
}
