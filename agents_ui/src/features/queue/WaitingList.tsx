import { AlertFilled, CustomerServiceFilled } from '@ant-design/icons';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { CallView } from '../../api/types';
import { useConsole, useLive, useNow } from '../../app/console-context';
import { duration, phoneNumber } from '../../kit/format';
import { isSos, nobodyFree, waitingAge, waitingCalls } from '../../live/select';

export function WaitingList() {
  const { t } = useTranslation();
  const calls = useLive((state) => state.calls);
  const { desk } = useConsole();
  const waiting = useMemo(() => waitingCalls({ ...desk.live.get(), calls }), [calls, desk]);
  return (
    <section className="panel queue-waiting">
      <header className="panel-head">
        {t('queue.waiting')}
        <span className="panel-count num" data-testid="waiting-count">
          {waiting.length}
        </span>
      </header>
      <div className="panel-body" tabIndex={0} role="group" aria-label={t('queue.waiting')}>
        {waiting.length === 0 ? (
          <div className="panel-empty">{t('queue.empty')}</div>
        ) : (
          waiting.map((call) => <WaitingItem key={call.id} call={call} />)
        )}
      </div>
    </section>
  );
}

function WaitingItem({ call }: { call: CallView }) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const now = useNow();
  const sos = isSos(call);
  const age = waitingAge(call, now);
  const free = !nobodyFree(call);
  const status = call.ringing.includes(me.id)
    ? t('queue.ringingMe')
    : call.state === 'dialplan'
      ? t('queue.dialplan')
      : free
        ? t('queue.ringing')
        : t('queue.nobodyFree');
  return (
    <div
      className={`queue-item ${sos ? 'queue-item-sos' : ''} queue-item-${age}`}
      data-testid={`queue-item-${call.id}`}
    >
      <div className="queue-row">
        <span className={sos ? 'kind kind-sos' : 'kind'}>
          {sos ? <AlertFilled /> : <CustomerServiceFilled />}
          {sos ? t('queue.sos') : t('queue.service')}
        </span>
        <span className="queue-who">
          {call.elder_name || t('queue.unknownCaller')}
          {call.elder_age !== null && <span className="num"> {call.elder_age}</span>}
        </span>
        <span className={`queue-clock num age-${age}`}>{duration(now - Date.parse(call.received_at))}</span>
      </div>
      <div className="queue-row queue-sub">
        <span className="ellipsis">{call.place || phoneNumber(call.caller_number) || t('queue.withheld')}</span>
        {call.presses > 1 && <span className="num">{t('queue.presses', { count: call.presses })}</span>}
        <span className={free ? 'quiet' : 'queue-nobody'}>{status}</span>
      </div>
    </div>
  );
}
