import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import type { EmergencyView } from '../../api/types';
import { useConsole } from '../../app/console-context';
import { errorText } from '../../i18n/words';
import { KindChoice } from './KindChoice';

/** F9: asks once, and what it is; after that the emergency screen stands open. */
export function OpenDialog({ caseId, onClose }: { caseId: string; onClose: () => void }) {
  const { desk } = useConsole();
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [kind, setKind] = useState<EmergencyView['kind']>('unknown');
  const open = useMutation({
    mutationFn: () =>
      unwrap(api.POST('/api/cases/{case_id}/emergency', { params: { path: { case_id: caseId } }, body: { kind } })),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['case', caseId] });
      desk.look.enter(caseId);
      onClose();
    },
  });
  return (
    <Modal
      open
      width={640}
      title={t('emergencyPage.open.title')}
      okText={t('emergencyPage.open.ok')}
      okButtonProps={{ danger: true, loading: open.isPending }}
      onOk={() => open.mutate()}
      onCancel={onClose}
    >
      <p>{t('emergencyPage.open.help')}</p>
      <KindChoice value={kind} onChange={setKind} />
      {open.isError && <Alert type="error" showIcon title={errorText(open.error)} />}
    </Modal>
  );
}
