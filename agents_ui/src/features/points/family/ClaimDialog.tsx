import { Alert, Button, Input, Modal, Select } from 'antd';
import dayjs from 'dayjs';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { FamilyMember, PointsAccount } from '../../../api/types';
import { ElderSearch } from '../../search/ElderSearch';
import { units } from '../units';
import { refusal, useFamilyDeeds } from './queries';

const CLAIM_DAYS = 180;

interface Props {
  account: PointsAccount;
  family: readonly FamilyMember[];
  onClose: () => void;
}

/** What somebody who has died left behind, for an heir who takes part. It waits for a second person, who sees the same papers. */
export function ClaimDialog({ account, family, onClose }: Props) {
  const { t } = useTranslation();
  const [id] = useState(() => crypto.randomUUID());
  const [heir, setHeir] = useState<{ id: string; name: string } | null>(null);
  const [reason, setReason] = useState('');
  const [elsewhere, setElsewhere] = useState(family.length === 0);
  const { claim } = useFamilyDeeds(account.elder_id);
  const frozenAt = account.member?.frozen_at ?? null;
  const good = heir !== null && reason.trim().length >= 2;
  const keep = (): void => {
    if (good) claim.mutate({ id, heir: heir.id, reason: reason.trim() }, { onSuccess: onClose });
  };
  return (
    <Modal
      open
      width={760}
      title={t('pointsPage.claim.of', { name: account.name })}
      okText={t('pointsPage.claim.ask')}
      cancelText={t('common.cancel')}
      okButtonProps={{ disabled: !good, loading: claim.isPending }}
      onOk={keep}
      onCancel={onClose}
    >
      {claim.isError && <Alert type="error" showIcon title={refusal(claim.error)} />}
      <p>
        {t('pointsPage.claim.about', {
          points: units(account.points.frozen, 'PT'),
          hours: units(account.coins.frozen, 'TC'),
        })}
        {frozenAt !== null &&
          ` ${t('pointsPage.claim.until', { day: dayjs(frozenAt).add(CLAIM_DAYS, 'day').format('YYYY-MM-DD') })}`}
      </p>
      {elsewhere ? (
        <ElderSearch
          chosenId={heir?.id ?? null}
          onPick={(hit) => {
            claim.reset();
            setHeir({ id: hit.id, name: hit.name });
          }}
        />
      ) : (
        <label className="points-field">
          {t('pointsPage.claim.heir')}
          <Select<string>
            className="points-wide"
            value={heir?.id ?? null}
            aria-label={t('pointsPage.claim.heir')}
            onChange={(chosen) =>
              setHeir({ id: chosen, name: family.find((one) => one.member_id === chosen)?.name ?? '' })
            }
            options={family.map((one) => ({
              value: one.member_id,
              label: one.name || t('pointsPage.family.volunteer'),
            }))}
          />
          <Button type="link" size="small" onClick={() => setElsewhere(true)}>
            {t('pointsPage.claim.elsewhere')}
          </Button>
        </label>
      )}
      {elsewhere && heir !== null && <p>{t('pointsPage.claim.chosen', { name: heir.name })}</p>}
      <label className="points-field">
        {t('pointsPage.claim.reason')}
        <Input.TextArea rows={2} maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />
      </label>
    </Modal>
  );
}
