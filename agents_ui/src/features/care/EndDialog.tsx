import { Alert, Input, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { errorText } from '../../i18n/words';
import { useEndPlan, type CarePlan } from './queries';
import { say } from './words';

export function EndDialog({ elderId, plan, onClose }: { elderId: string; plan: CarePlan; onClose: () => void }) {
  const { t } = useTranslation();
  const [reason, setReason] = useState('');
  const end = useEndPlan(elderId, plan.id, onClose);
  return (
    <Modal
      open
      title={t('carePage.endTitle', { kind: say('kind', plan.kind) })}
      okText={t('carePage.endOk')}
      cancelText={t('common.cancel')}
      onCancel={onClose}
      onOk={() => end.mutate(reason.trim())}
      okButtonProps={{
        danger: true, disabled: reason.trim() === '', loading: end.isPending, 'data-testid': 'care-end-ok',
      }} // prettier-ignore
    >
      <p>{t('carePage.endHelp')}</p>
      <Input
        autoFocus
        maxLength={300}
        value={reason}
        placeholder={t('carePage.endReason')}
        aria-label={t('carePage.endReason')}
        data-testid="care-end-reason"
        onChange={(event) => setReason(event.target.value)}
      />
      {end.isError && <Alert className="care-error" type="error" showIcon title={errorText(end.error)} />}
    </Modal>
  );
}
