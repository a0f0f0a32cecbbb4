import { Alert, Input, InputNumber, Modal, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { FamilyMember, PointsAccount } from '../../../api/types';
import { units } from '../units';
import { refusal, useFamilyDeeds } from './queries';

interface Props {
  account: PointsAccount;
  /** Who may get it; nobody: it is for the public fund. */
  family: readonly FamilyMember[];
  onClose: () => void;
}

/** Points to somebody of her family, or to the fund. A large sum waits for a second person; it stands below her family then. */
export function GiveDialog({ account, family, onClose }: Props) {
  const { t } = useTranslation();
  const [id] = useState(() => crypto.randomUUID());
  const [to, setTo] = useState<string | null>(family.length === 1 ? (family[0]?.member_id ?? null) : null);
  const [amount, setAmount] = useState<number | null>(null);
  const [reason, setReason] = useState('');
  const { give } = useFamilyDeeds(account.elder_id);
  const gift = family.length > 0;
  const word = gift ? 'gift' : 'donation';
  const good = amount !== null && amount >= 1 && amount <= account.points.available && (!gift || to !== null);
  const keep = (): void => {
    if (good) give.mutate({ id, to: gift ? to : null, amount, reason: reason.trim() }, { onSuccess: onClose });
  };
  return (
    <Modal
      open
      title={t('pointsPage.give.of', { name: account.name, what: t(`pointsPage.give.${word}`) })}
      okText={t(`pointsPage.give.${word}`)}
      cancelText={t('common.cancel')}
      okButtonProps={{ disabled: !good, loading: give.isPending }}
      onOk={keep}
      onCancel={onClose}
    >
      {give.isError && <Alert type="error" showIcon title={refusal(give.error)} />}
      <p className="quiet">{t(`pointsPage.give.${word}About`)}</p>
      {gift && (
        <label className="points-field">
          {t('pointsPage.give.to')}
          <Select<string>
            className="points-wide"
            value={to}
            onChange={setTo}
            aria-label={t('pointsPage.give.to')}
            options={family.map((one) => ({
              value: one.member_id,
              label: one.name || t('pointsPage.family.volunteer'),
            }))}
          />
        </label>
      )}
      <label className="points-field">
        {t('pointsPage.give.amount', { most: units(account.points.available, 'PT') })}
        <InputNumber
          className="points-wide"
          min={1}
          max={account.points.available}
          precision={0}
          value={amount}
          onChange={setAmount}
        />
      </label>
      <label className="points-field">
        {t('pointsPage.give.reason')}
        <Input maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />
      </label>
    </Modal>
  );
}
