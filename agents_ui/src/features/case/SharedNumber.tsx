import { Alert, Button } from 'antd';
import { useTranslation } from 'react-i18next';
import type { ElderCard } from '../../api/types';
import { errorText } from '../../i18n/words';
import { useAttach } from './attach';
import { ElderHead } from './ElderHead';

/** A number of two people: both cards, until the agent has asked which of them it is. */
export function SharedNumber({ caseId, elders, number }: { caseId: string; elders: ElderCard[]; number: string }) {
  const { t } = useTranslation();
  const attach = useAttach(caseId);
  return (
    <section className="shared" data-testid="shared-number">
      <div className="shared-title">{t('unknown.shared')}</div>
      {attach.isError && <Alert type="error" showIcon title={errorText(attach.error)} />}
      <div className="shared-cards">
        {elders.map((elder) => (
          <div key={elder.id} className="shared-card">
            <ElderHead elder={elder} number={number} />
            <Button
              type="primary"
              data-testid={`choose-elder-${elder.id}`}
              loading={attach.isPending && attach.variables.elder_id === elder.id}
              disabled={attach.isPending}
              onClick={() => attach.mutate({ elder_id: elder.id, learn_number: false })}
            >
              {t('unknown.choose')} {elder.name}
            </Button>
          </div>
        ))}
      </div>
    </section>
  );
}
