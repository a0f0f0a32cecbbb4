import { Alert, Modal, Radio } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError } from '../../../api/errors';
import type { ElderHit, FamilyProof, PointsAccount } from '../../../api/types';
import { useConsole } from '../../../app/console-context';
import { may } from '../../../app/session';
import { BreakGlass } from '../../search/BreakGlass';
import { ElderSearch } from '../../search/ElderSearch';
import { refusal, useFamilyDeeds } from './queries';

const PROOFS: readonly FamilyProof[] = ['household_book', 'id_cards', 'marriage', 'known'];

/** Into the family of another elder, which begins with the two if she has none. Whoever writes it down has seen what shows it, and may see both. */
export function JoinDialog({ account, onClose }: { account: PointsAccount; onClose: () => void }) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const [other, setOther] = useState<ElderHit | null>(null);
  const [proof, setProof] = useState<FamilyProof | null>(null);
  const { join } = useFamilyDeeds(account.elder_id);
  const closed = join.isError && asApiError(join.error).code === 'no_access' && may(me, 'glass:break');
  const keep = (): void => {
    if (other !== null && proof !== null) join.mutate({ with_id: other.id, proof }, { onSuccess: onClose });
  };
  return (
    <Modal
      open
      width={760}
      title={t('pointsPage.family.joinOf', { name: account.name })}
      okText={t('pointsPage.family.join')}
      cancelText={t('common.cancel')}
      okButtonProps={{ disabled: other === null || proof === null, loading: join.isPending }}
      onOk={keep}
      onCancel={onClose}
    >
      {join.isError && !closed && <Alert type="error" showIcon title={refusal(join.error)} />}
      {closed && other !== null && <BreakGlass elderId={other.id} />}
      <p className="quiet">{t('pointsPage.family.joinAbout')}</p>
      <ElderSearch
        autoFocus
        chosenId={other?.id ?? null}
        onPick={(hit) => {
          join.reset();
          setOther(hit);
        }}
      />
      {other !== null && <p>{t('pointsPage.family.with', { name: other.name })}</p>}
      <Radio.Group
        aria-label={t('pointsPage.family.seen')}
        value={proof}
        onChange={(event) => setProof(event.target.value as FamilyProof)}
        options={PROOFS.map((one) => ({ value: one, label: t(`pointsPage.family.proof.${one}`) }))}
      />
    </Modal>
  );
}
