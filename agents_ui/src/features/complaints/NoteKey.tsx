import { Alert, Button, Input, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { errorText } from '../../i18n/words';
import { useAct } from './queries';

/** It ends without her answer: taken back with her words, or closed by a supervisor with her own. */
export function NoteKey({ complaintId, act }: { complaintId: string; act: 'withdraw' | 'close' }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const [note, setNote] = useState('');
  const end = useAct(complaintId, () => setOpen(false));
  return (
    <>
      <Button size="small" type="text" data-testid={`complaint-${act}`} onClick={() => setOpen(true)}>
        {t(`complaintPage.${act}.key`)}
      </Button>
      <Modal
        open={open}
        title={t(`complaintPage.${act}.title`)}
        okText={t(`complaintPage.${act}.ok`)}
        okButtonProps={{ disabled: note.trim() === '', loading: end.isPending }}
        onOk={() => end.mutate({ act, note: note.trim() })}
        onCancel={() => setOpen(false)}
        destroyOnHidden
      >
        <p>{t(`complaintPage.${act}.help`)}</p>
        <Input.TextArea
          autoFocus
          rows={2}
          maxLength={2000}
          value={note}
          placeholder={t(`complaintPage.${act}.note`)}
          aria-label={t(`complaintPage.${act}.note`)}
          data-testid="complaint-note"
          onChange={(event) => setNote(event.target.value)}
        />
        {end.isError && <Alert className="follow-up-error" type="error" showIcon title={errorText(end.error)} />}
      </Modal>
    </>
  );
}
