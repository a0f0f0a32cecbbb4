import { Input, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

/** A step may be left out, with its reason: the usual ones are a click. */
export function SkipDialog({ onSkip, onClose }: { onSkip: (reason: string) => void; onClose: () => void }) {
  const { t } = useTranslation();
  const [reason, setReason] = useState('');
  const usual = ['known', 'unable', 'urgent'] as const;
  return (
    <Modal
      open
      title={t('emergencyPage.steps.skipTitle')}
      okText={t('emergencyPage.steps.skip')}
      okButtonProps={{ disabled: reason.trim() === '' }}
      onOk={() => onSkip(reason.trim())}
      onCancel={onClose}
    >
      <div className="outcomes">
        {usual.map((one) => (
          <button
            key={one}
            type="button"
            className="outcome"
            onClick={() => setReason(t(`emergencyPage.steps.why.${one}`))}
          >
            {t(`emergencyPage.steps.why.${one}`)}
          </button>
        ))}
      </div>
      <Input.TextArea
        className="em-skip-reason"
        autoFocus
        rows={2}
        maxLength={500}
        value={reason}
        aria-label={t('emergencyPage.steps.skipReason')}
        placeholder={t('emergencyPage.steps.skipReason')}
        data-testid="skip-reason"
        onChange={(event) => setReason(event.target.value)}
      />
    </Modal>
  );
}
