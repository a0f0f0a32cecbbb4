import { useMutation } from '@tanstack/react-query';
import { Alert, Button, Input, Modal, Segmented } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import type { CallView, HandoverOutState, HandoverOutView, MadeLink } from '../../api/types';
import { errorText } from '../../i18n/words';
import { needsWords } from './handover';
import type { HandoverAgency } from './HandoverCard';
import { agencyWord } from './words';

interface OfferProps {
  caseId: string;
  call: CallView | null;
  agencies: readonly HandoverAgency[];
  onClose: () => void;
  onDone: (link: MadeLink | null) => void;
}

export function OfferDialog({ caseId, call, agencies, onClose, onDone }: OfferProps) {
  const { t } = useTranslation();
  const [agency, setAgency] = useState<HandoverAgency>(agencies[0] ?? '120');
  const [mobile, setMobile] = useState('');
  const [note, setNote] = useState('');
  const leg = call?.parties.findLast((party) => party.code === agency);
  const offer = useMutation({
    mutationFn: () =>
      unwrap(
        api.POST('/api/emergencies/{case_id}/handovers', {
          params: { path: { case_id: caseId } },
          body: {
            agency,
            mobile: mobile.trim(),
            note: note.trim(),
            ...(call && leg ? { call_id: call.id, leg_id: leg.leg_id } : {}),
          },
        }),
      ),
    onSuccess: (made) => onDone(made.link ?? null),
  });
  return (
    <Modal
      open
      title={t('emergencyPage.handover.title')}
      okText={t('emergencyPage.handover.send')}
      okButtonProps={{ loading: offer.isPending }}
      onOk={() => offer.mutate()}
      onCancel={onClose}
    >
      <div className="add-dialog">
        <Segmented<HandoverAgency>
          block
          aria-label={t('emergencyPage.handover.who')}
          value={agency}
          onChange={setAgency}
          options={agencies.map((value) => ({ value, label: agencyWord(value) }))}
        />
        <Input
          inputMode="tel"
          maxLength={30}
          value={mobile}
          aria-label={t('emergencyPage.handover.mobile')}
          placeholder={t('emergencyPage.handover.mobile')}
          data-testid="handover-mobile"
          onChange={(event) => setMobile(event.target.value)}
        />
        <Input.TextArea
          rows={2}
          maxLength={300}
          value={note}
          aria-label={t('emergencyPage.handover.note')}
          placeholder={t('emergencyPage.handover.note')}
          onChange={(event) => setNote(event.target.value)}
        />
        {offer.isError && <Alert type="error" showIcon title={errorText(offer.error)} />}
      </div>
    </Modal>
  );
}

interface ToldProps {
  one: HandoverOutView;
  state: HandoverOutState;
  onClose: () => void;
  onDone: () => void;
}

/** What she was told on the telephone: who confirmed it and under which number, or why not. */
export function ToldDialog({ one, state, onClose, onDone }: ToldProps) {
  const { t } = useTranslation();
  const [who, setWho] = useState('');
  const [reference, setReference] = useState('');
  const [words, setWords] = useState('');
  const needs = needsWords(state);
  const tell = useMutation({
    mutationFn: () =>
      unwrap(
        api.POST('/api/emergencies/{case_id}/handovers/{handover_id}/state', {
          params: { path: { case_id: one.case_id, handover_id: one.id } },
          body: {
            state: state === 'offered' ? 'accepted' : state,
            who: who.trim(),
            reference: reference.trim(),
            reason: needs === 'reason' ? words.trim() : '',
            outcome: needs === 'outcome' ? words.trim() : '',
          },
        }),
      ),
    onSuccess: () => {
      onDone();
      onClose();
    },
  });
  return (
    <Modal
      open
      title={`${agencyWord(one.agency)} · ${t(`emergencyPage.handover.state.${state}`)}`}
      okText={t('common.confirm')}
      okButtonProps={{ disabled: needs !== null && words.trim() === '', loading: tell.isPending }}
      onOk={() => tell.mutate()}
      onCancel={onClose}
    >
      <div className="add-dialog">
        {needs !== null && (
          <Input.TextArea
            autoFocus
            rows={2}
            maxLength={300}
            value={words}
            aria-label={t(`emergencyPage.handover.${needs}`)}
            placeholder={t(`emergencyPage.handover.${needs}`)}
            data-testid="told-words"
            onChange={(event) => setWords(event.target.value)}
          />
        )}
        <Input
          maxLength={60}
          value={who}
          aria-label={t('emergencyPage.handover.confirmedBy')}
          placeholder={t('emergencyPage.handover.confirmedBy')}
          data-testid="told-who"
          onChange={(event) => setWho(event.target.value)}
        />
        <Input
          maxLength={60}
          value={reference}
          aria-label={t('emergencyPage.handover.reference')}
          placeholder={t('emergencyPage.handover.reference')}
          onChange={(event) => setReference(event.target.value)}
        />
        {tell.isError && <Alert type="error" showIcon title={errorText(tell.error)} />}
      </div>
    </Modal>
  );
}

interface LinkProps {
  one: HandoverOutView;
  onClose: () => void;
  onDone: (link: MadeLink) => void;
}

/** Another link, for another telephone, or only its code to be read out. */
export function LinkDialog({ one, onClose, onDone }: LinkProps) {
  const { t } = useTranslation();
  const [mobile, setMobile] = useState('');
  const make = useMutation({
    mutationFn: (to: string) =>
      unwrap(
        api.POST('/api/emergencies/{case_id}/handovers/{handover_id}/link', {
          params: { path: { case_id: one.case_id, handover_id: one.id } },
          body: { mobile: to },
        }),
      ),
    onSuccess: onDone,
  });
  return (
    <Modal
      open
      title={t('emergencyPage.handover.resendTitle')}
      onCancel={onClose}
      footer={
        <>
          <Button loading={make.isPending} onClick={() => make.mutate('')} data-testid="link-code">
            {t('emergencyPage.handover.showCode')}
          </Button>
          <Button
            type="primary"
            disabled={mobile.trim() === ''}
            loading={make.isPending}
            onClick={() => make.mutate(mobile.trim())}
          >
            {t('emergencyPage.handover.resendKey')}
          </Button>
        </>
      }
    >
      <Input
        autoFocus
        inputMode="tel"
        maxLength={30}
        value={mobile}
        aria-label={t('emergencyPage.handover.mobile')}
        placeholder={t('emergencyPage.handover.mobile')}
        onChange={(event) => setMobile(event.target.value)}
      />
      {make.isError && <Alert type="error" showIcon title={errorText(make.error)} />}
    </Modal>
  );
}
