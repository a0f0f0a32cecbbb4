import { Alert, Button, Input, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { errorText } from '../../i18n/words';
import { useAct } from './queries';

/** A supervisor's: nobody calls her about it any more. */
export function StopKey({ planId }: { planId: string }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState('');
  const stop = useAct(planId, () => setOpen(false));
  return (
    <>
      <Button size="small" type="text" danger data-testid="follow-up-stop" onClick={() => setOpen(true)}>
        {t('followUpPage.detail.stop')}
      </Button>
      <Modal
        open={open}
        title={t('followUpPage.detail.stopTitle')}
        okText={t('followUpPage.detail.stopOk')}
        okButtonProps={{ danger: true, disabled: reason.trim() === '', loading: stop.isPending }}
        onOk={() => stop.mutate({ act: 'drop', reason: reason.trim() })}
        onCancel={() => setOpen(false)}
        destroyOnHidden
      >
        <p>{t('followUpPage.detail.stopHelp')}</p>
        <Input
          autoFocus
          maxLength={500}
          value={reason}
          placeholder={t('followUpPage.detail.stopReason')}
          aria-label={t('followUpPage.detail.stopReason')}
          data-testid="follow-up-stop-reason"
          onChange={(event) => setReason(event.target.value)}
        />
        {stop.isError && <Alert className="follow-up-error" type="error" showIcon title={errorText(stop.error)} />}
      </Modal>
    </>
  );
}
