import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Input, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { useCase } from '../../api/queries';
import { errorText } from '../../i18n/words';
import { OutcomeChoice } from '../call/OutcomeChoice';

interface Props {
  caseId: string;
  open: boolean;
  onClose: () => void;
  title?: string;
}

/** Closes a case that has no live call. */
export function CloseCaseDialog({ caseId, open, onClose, title }: Props) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const detail = useCase(caseId).data;
  const [outcome, setOutcome] = useState('');
  const [note, setNote] = useState('');
  const close = useMutation({
    mutationFn: () =>
      unwrap(
        api.POST('/api/cases/{case_id}/close', {
          params: { path: { case_id: caseId } },
          body: { outcome, note: note.trim() },
        }),
      ),
    onSuccess: (detail) => {
      queries.setQueryData(['case', caseId], detail);
      onClose();
    },
  });
  return (
    <Modal
      open={open}
      title={title ?? t('case.closeTitle')}
      okText={t('case.close')}
      onCancel={onClose}
      onOk={() => close.mutate()}
      okButtonProps={{ disabled: outcome === '', loading: close.isPending }}
      destroyOnHidden
    >
      <div className="case-close">
        <OutcomeChoice value={outcome} onChange={setOutcome} testId="close-outcome" sos={detail?.severity === 'E0'} />
        <Input.TextArea
          rows={3}
          maxLength={4000}
          placeholder={t('call.wrapUpNote')}
          aria-label={t('call.wrapUpNote')}
          value={note}
          onChange={(event) => setNote(event.target.value)}
        />
        {close.isError && <Alert type="error" showIcon title={errorText(close.error)} />}
      </div>
    </Modal>
  );
}
