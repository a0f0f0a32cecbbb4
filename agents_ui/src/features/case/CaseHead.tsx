import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CaseDetail } from '../../api/types';
import { useConsole, useLive, useNow } from '../../app/console-context';
import { may } from '../../app/session';
import { word } from '../../i18n/words';
import { moment } from '../../kit/format';
import { useStore } from '../../kit/store';
import { EmergencyKey } from '../emergency/EmergencyKey';
import { OwnerMenu } from '../floor/OwnerMenu';
import { CloseCaseDialog } from './CloseCaseDialog';

export function CaseHead({ detail }: { detail: CaseDetail }) {
  const { me, desk } = useConsole();
  const { t } = useTranslation();
  const now = useNow(60_000);
  const [closing, setClosing] = useState(false);
  const hasLiveCall = useLive((state) =>
    Object.values(state.calls).some(
      (call) => call.case_id === detail.id && call.state !== 'ended' && call.state !== 'abandoned',
    ),
  );
  const wrapsUp = useStore(desk.lastCall, (last) => last !== null && !last.wrappedUp && last.caseId === detail.id);
  const closable =
    may(me, 'cases:write') &&
    detail.state !== 'closed' &&
    !hasLiveCall &&
    !wrapsUp &&
    (detail.owner_id === null || detail.owner_id === me.id || may(me, 'users:read'));
  const owner = detail.owner_id === me.id ? t('case.you') : detail.owner_name;
  return (
    <header className="case-head">
      <span className={`sev sev-${detail.state === 'closed' ? 'done' : detail.severity}`}>
        {word('severity', detail.severity)}
      </span>
      <span className="case-head-facts">
        <span className="num" data-testid="case-number">
          {t('case.number', { number: detail.number })}
        </span>
        <span>{word('caseState', detail.state)}</span>
        {detail.presses > 1 && <span className="num case-presses">{t('case.presses', { count: detail.presses })}</span>}
        {detail.linked_case_id !== null && (
          <button
            type="button"
            className="queue-link case-link"
            onClick={() => desk.focus.openCase(detail.linked_case_id ?? '')}
          >
            {t('case.linked')}
          </button>
        )}
        <span className="quiet">{owner ? t('case.owner', { name: owner }) : t('case.noOwner')}</span>
        <span className="quiet num">{t('case.opened', { time: moment(Date.parse(detail.opened_at), now) })}</span>
      </span>
      <EmergencyKey detail={detail} />
      <OwnerMenu detail={detail} />
      {closable && (
        <Button size="small" onClick={() => setClosing(true)} data-testid="case-close">
          {t('case.close')}
        </Button>
      )}
      <CloseCaseDialog caseId={detail.id} open={closing} onClose={() => setClosing(false)} />
    </header>
  );
}
