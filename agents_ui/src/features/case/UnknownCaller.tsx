import { Alert, Button, Checkbox } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ElderHit } from '../../api/types';
import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { errorText } from '../../i18n/words';
import { phoneNumber } from '../../kit/format';
import { ElderSearch } from '../search/ElderSearch';
import { useAttach } from './attach';

/** Nobody is known under this number: ask, search, attach, and let the number be remembered. */
export function UnknownCaller({ caseId, number }: { caseId: string; number: string }) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<ElderHit | null>(null);
  const [learn, setLearn] = useState(true);
  const attach = useAttach(caseId);
  const allowed = may(me, 'cases:write') && may(me, 'elders:search');
  return (
    <section className="unknown" data-testid="unknown-caller">
      <div className="elder-who">
        <h1 className="elder-name" data-testid="pop-name">
          {phoneNumber(number) || t('queue.withheld')}
        </h1>
        <span className="elder-fact">{t('unknown.title')}</span>
      </div>
      <p className="quiet unknown-text">{number ? t('unknown.text') : t('unknown.withheld')}</p>
      {allowed && <ElderSearch onPick={setChosen} chosenId={chosen?.id ?? null} />}
      {allowed && chosen !== null && (
        <div className="unknown-chosen">
          <div className="unknown-row">
            <strong>{t('unknown.selected', { name: chosen.name })}</strong>
            <span className="quiet ellipsis">
              {chosen.place} {chosen.address}
            </span>
          </div>
          <div className="unknown-row">
            {number !== '' && (
              <Checkbox data-testid="learn-number" checked={learn} onChange={(event) => setLearn(event.target.checked)}>
                {t('unknown.learn')}
              </Checkbox>
            )}
            <span className="case-head-space" />
            <Button
              type="primary"
              data-testid="attach-elder"
              loading={attach.isPending}
              onClick={() => attach.mutate({ elder_id: chosen.id, learn_number: learn && number !== '' })}
            >
              {t('unknown.attach')}
            </Button>
          </div>
          {attach.isError && <Alert type="error" showIcon title={errorText(attach.error)} />}
        </div>
      )}
    </section>
  );
}
