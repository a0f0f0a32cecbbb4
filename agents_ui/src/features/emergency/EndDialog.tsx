import { Modal } from 'antd';
import { useTranslation } from 'react-i18next';
import { useConsole, useLive } from '../../app/console-context';
import { useStore } from '../../kit/store';
import { CloseCaseDialog } from '../case/CloseCaseDialog';

/** Only an outcome ends it, and not while she is on the line; in the wrap-up it is asked for there. */
export function EndDialog({ caseId, open, onClose }: { caseId: string; open: boolean; onClose: () => void }) {
  const { desk } = useConsole();
  const { t } = useTranslation();
  const live = useLive((state) => Object.values(state.calls).some((call) => call.case_id === caseId));
  const wrapsUp = useStore(desk.lastCall, (last) => last !== null && !last.wrappedUp && last.caseId === caseId);
  if (!live && !wrapsUp)
    return <CloseCaseDialog caseId={caseId} open={open} onClose={onClose} title={t('emergencyPage.endTitle')} />;
  return (
    <Modal
      open={open}
      title={t('emergencyPage.endTitle')}
      onCancel={onClose}
      onOk={onClose}
      cancelButtonProps={{ hidden: true }}
    >
      <p data-testid="emergency-end-not-now">{t(live ? 'emergencyPage.endLive' : 'emergencyPage.endWrapUp')}</p>
    </Modal>
  );
}
