import { AlertFilled, CustomerServiceFilled, PhoneFilled } from '@ant-design/icons';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { CallView, ElderCard } from '../../api/types';
import { useConsole, useLive, useNow, usePhone } from '../../app/console-context';
import { word } from '../../i18n/words';
import { duration, phoneNumber } from '../../kit/format';
import { isSos, ringingFor } from '../../live/select';
import { usePlanBehind } from '../followups/behind-call';
import { about, ended } from '../followups/words';
import './ringing.css';

/** Over the whole width while a call rings for us: who, where, why, and one large key. */
export function RingBand() {
  const { me } = useConsole();
  const ringing = useLive((state) => ringingFor(state, me.id));
  const leg = usePhone((state) => state.call);
  const byLeg = useLive((state) => (leg?.callId ? state.calls[leg.callId] : undefined));
  if (leg?.stage === 'talking' || leg?.stage === 'dialling') return null;
  const call = ringing ?? (leg?.direction === 'in' ? byLeg : undefined) ?? null;
  if (call !== null && call.kind !== 'outbound') return <Band call={call} />;
  // The telephone rings but the socket has not told us why: it can be answered all the same.
  return leg !== null && call === null ? <BareBand remote={leg.remote} answering={leg.stage === 'answering'} /> : null;
}

function facts(elder: ElderCard | null | undefined): string[] {
  if (!elder) return [];
  return elder.danger.filter((flag) => flag.serious).map((flag) => flag.text);
}

function Band({ call }: { call: CallView }) {
  const { desk } = useConsole();
  const { t } = useTranslation();
  const now = useNow();
  const stage = usePhone((state) => (state.call?.callId === call.id ? state.call.stage : null));
  const sos = isSos(call);
  const plan = usePlanBehind(call);
  const elder = call.pop?.elder;
  const shared = call.pop?.shared ?? [];

  useEffect(() => {
    const frame = requestAnimationFrame(() => desk.bandPainted(call.id));
    return () => cancelAnimationFrame(frame);
  }, [call.id, desk]);

  const name = elder?.name ?? (shared.length > 0 ? shared.map((one) => one.name).join(' / ') : call.elder_name);
  const age = elder?.age ?? call.elder_age;
  const kind = sos ? t('ring.sos') : t(call.kind === 'automatic' ? 'ring.automatic' : 'ring.service');
  return (
    <section
      className={sos ? 'band band-sos' : 'band'}
      role="alertdialog"
      aria-label={kind}
      data-testid="ring-band"
      data-call={call.id}
      data-kind={call.kind}
    >
      <div className="band-kind">
        {sos ? <AlertFilled /> : <CustomerServiceFilled />}
        <div>
          <strong>{sos ? `SOS ${kind}` : kind}</strong>
          <div className="num band-clock">{duration(now - Date.parse(call.received_at))}</div>
        </div>
      </div>
      <div className="band-who">
        <div className="band-name">
          {name || t('ring.unknown')}
          {age !== null && age !== undefined && <span className="num"> {t('elder.age', { count: age })}</span>}
          {elder && <span className="band-small"> {word('living', elder.living)}</span>}
          {call.presses > 1 && <span className="band-small num"> {t('queue.presses', { count: call.presses })}</span>}
        </div>
        <div className="band-where">
          {[elder ? `${elder.place} ${elder.door}` : call.place, phoneNumber(call.caller_number) || t('queue.withheld')]
            .filter(Boolean)
            .join(' · ')}
          {plan !== null && (
            <span className="band-why" data-testid="ring-about">
              {about(plan)} · {ended(plan)}
            </span>
          )}
          {facts(elder).length > 0 && <span className="band-why">⚠ {facts(elder).join(' · ')}</span>}
        </div>
      </div>
      <AnswerKey answering={stage === 'answering'} waitsForPhone={stage === null} />
    </section>
  );
}

function BareBand({ remote, answering }: { remote: string; answering: boolean }) {
  const { t } = useTranslation();
  return (
    <section className="band band-sos" role="alertdialog" aria-label={t('ring.unknown')} data-testid="ring-band">
      <div className="band-kind">
        <AlertFilled />
      </div>
      <div className="band-who">
        <div className="band-name">{phoneNumber(remote) || t('ring.unknown')}</div>
        <div className="band-where">{t('ring.notOnScreen')}</div>
      </div>
      <AnswerKey answering={answering} waitsForPhone={false} />
    </section>
  );
}

function AnswerKey({ answering, waitsForPhone }: { answering: boolean; waitsForPhone: boolean }) {
  const { desk } = useConsole();
  const { t } = useTranslation();
  return (
    <div className="band-keys">
      <button
        type="button"
        className="band-answer"
        data-testid="ring-answer"
        title={waitsForPhone ? t('ring.waitsForPhone') : undefined}
        aria-keyshortcuts="F2"
        onClick={() => desk.answer()}
      >
        <PhoneFilled />
        {answering ? t('ring.answering') : t('ring.answer')}
        <kbd>F2</kbd>
      </button>
      {!answering && !waitsForPhone && (
        <button type="button" className="band-decline" data-testid="ring-decline" onClick={() => desk.phone.decline()}>
          {t('ring.decline')}
        </button>
      )}
    </div>
  );
}
