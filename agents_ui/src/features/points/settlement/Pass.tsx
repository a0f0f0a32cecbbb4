import { Alert, Input, Modal } from 'antd';
import dayjs from 'dayjs';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SettlementPosition } from '../../../api/types';
import { errorText } from '../../../i18n/words';
import { useNetText, usePartyName } from './party';
import { usePass } from './queries';

interface Props {
  settlementId: string;
  position: SettlementPosition;
  /** The month's first day: no money was passed on before. */
  first: string;
  onClose: () => void;
}

/** One party's money of the month has changed hands: the whole sum, on a day that is not to come. */
export function Pass({ settlementId, position, first, onClose }: Props) {
  const { t } = useTranslation();
  const name = usePartyName()(position.party);
  const netText = useNetText();
  const today = dayjs().format('YYYY-MM-DD');
  const [paidOn, setPaidOn] = useState(today);
  const [reference, setReference] = useState('');
  const pass = usePass();
  const keep = (): void =>
    pass.mutate(
      { settlementId, party: position.party, fen: position.net_fen, paidOn, reference },
      { onSuccess: onClose },
    );
  return (
    <Modal
      open
      title={t('pointsPage.settlement.recordOf', { name })}
      okText={t('pointsPage.settlement.keep')}
      cancelText={t('common.cancel')}
      okButtonProps={{ disabled: paidOn < first || paidOn > today, loading: pass.isPending }}
      onOk={keep}
      onCancel={onClose}
    >
      {pass.isError && <Alert type="error" showIcon title={errorText(pass.error)} />}
      <p>
        {t('pointsPage.settlement.whole')} <strong>{netText(position.net_fen)}</strong>
      </p>
      <label className="points-field">
        {t('pointsPage.settlement.paidOn')}
        <Input type="date" min={first} max={today} value={paidOn} onChange={(event) => setPaidOn(event.target.value)} />
      </label>
      <label className="points-field">
        {t('pointsPage.settlement.reference')}
        <Input maxLength={100} value={reference} onChange={(event) => setReference(event.target.value)} />
      </label>
    </Modal>
  );
}
