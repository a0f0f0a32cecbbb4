import { Alert, Checkbox, Input, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

interface RefuseProps {
  error: string;
  busy: boolean;
  onClose: () => void;
  onSave: (reason: string, again: boolean) => void;
}

/** The payer does not pay a line. */
export function Refuse({ error, busy, onClose, onSave }: RefuseProps) {
  const { t } = useTranslation();
  const [reason, setReason] = useState('');
  const [again, setAgain] = useState(true);
  return (
    <Modal
      open
      title={t('billsPage.claim.refuse')}
      okText={t('common.save')}
      cancelText={t('common.cancel')}
      onCancel={onClose}
      onOk={() => onSave(reason, again)}
      okButtonProps={{ disabled: reason.trim() === '', loading: busy }}
    >
      <Input
        value={reason}
        maxLength={200}
        aria-label={t('billsPage.reason')}
        placeholder={t('billsPage.reason')}
        onChange={(event) => setReason(event.target.value)}
      />
      <Checkbox checked={again} onChange={(event) => setAgain(event.target.checked)}>
        {t('billsPage.claim.againAsk')}
      </Checkbox>
      {error && <Alert type="error" showIcon title={error} />}
    </Modal>
  );
}
