import { CustomerServiceFilled, PhoneFilled, ScheduleFilled } from '@ant-design/icons';
import { Button } from 'antd';
import { useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { errorText } from '../../i18n/words';
import { phoneNumber } from '../../kit/format';
import { OwnClock } from '../../kit/OwnClock';
import { duration } from '../../kit/format';
import { useStore } from '../../kit/store';
import type { PhoneState } from '../../phone/state';
import { Keypad } from './Keypad';
import type { Role } from './roles';
import type { TrainingLine } from './use-training-phone';

export type SetState = 'notReady' | 'idle' | 'connecting' | 'talking' | 'ringing';

/** The three states in large words, and two that come before and between them. */
export function setState(phone: PhoneState): SetState {
  if (phone.call !== null) {
    if (phone.call.stage === 'talking') return 'talking';
    return phone.call.stage === 'ringing' ? 'ringing' : 'connecting';
  }
  return phone.registration === 'registered' ? 'idle' : 'notReady';
}

interface Props {
  role: Role;
  number: string;
  name: string;
  line: TrainingLine;
}

/** What a telephone looks like: loudspeaker, display, keys. The elder's has a red and a green one, a store's only rings. */
export function Handset({ role, number, name, line }: Props) {
  const { t } = useTranslation();
  const { set, account, retry } = line;
  const phone = useStore(set.phone, (value) => value);
  const shown = setState(phone);
  const problem = account.isError
    ? errorText(account.error)
    : phone.microphone === 'denied'
      ? t('phone.micDeniedTitle')
      : phone.microphone === 'missing'
        ? t('phone.micMissingTitle')
        : null;
  const [keyed, key] = useKeyed(line, phone);
  return (
    <section className={shown === 'notReady' ? 'handset handset-waiting' : 'handset'} aria-label={t('training.title')}>
      <div className="speaker" role="img" aria-label={t('training.loudspeaker')} />
      <div className={`display display-${shown}`} aria-live="polite">
        <div className="display-state" data-testid="training-state" data-state={shown}>
          {t(`training.${shown}`)}
        </div>
        <div className="display-who num">
          {name} {phoneNumber(number)}
        </div>
        <div className="display-more num">
          {phone.call?.talkingSince ? (
            <>
              <OwnClock>{(now) => duration(now - (phone.call?.talkingSince ?? now))}</OwnClock>
              {keyed !== '' && (
                <span className="display-keyed" data-testid="training-keyed">
                  {t('training.keyed', { keys: keyed })}
                </span>
              )}
            </>
          ) : shown === 'idle' && phone.lastEnd ? (
            t(`training.ended.${phone.lastEnd.cause}`)
          ) : (
            problem
          )}
        </div>
      </div>
      {problem !== null && <Button onClick={retry}>{t('common.retry')}</Button>}
      <div className="handset-body">
        {role === 'elder' ? (
          <LineKeys line={line} number={number} ready={shown === 'idle' && account.data !== undefined} />
        ) : (
          <Hooks line={line} phone={phone} busy={role === 'outside'} />
        )}
        <Keypad live={shown === 'talking'} onKey={key} />
      </div>
      {role === 'elder' && <Hooks line={line} phone={phone} />}
    </section>
  );
}

/** The last keys of this call, and what sends one. */
function useKeyed({ set }: TrainingLine, phone: PhoneState): [string, (key: string) => void] {
  const session = phone.call?.session ?? '';
  const [keyed, setKeyed] = useState({ session: '', keys: '' });
  const press = useCallback(
    (key: string): void => {
      set.phone.sendDigits(key);
      setKeyed((before) => ({ session, keys: ((before.session === session ? before.keys : '') + key).slice(-12) }));
    },
    [set, session],
  );
  return [keyed.session === session ? keyed.keys : '', press];
}

function LineKeys({ line, number, ready }: { line: TrainingLine; number: string; ready: boolean }) {
  const { t } = useTranslation();
  const { set, account } = line;
  const noJobLine = account.data?.job_number === '';
  const press = (which: 'sos_number' | 'service_number' | 'job_number'): void => {
    if (account.data === undefined) return;
    void set.audio.wake();
    set.phone.dial(account.data[which], [`X-OneKey-Caller: ${number.replace(/[^+0-9]/g, '')}`]);
  };
  return (
    <div className="keys">
      <button
        type="button"
        className="key key-red"
        data-testid="training-sos"
        disabled={!ready}
        onClick={() => press('sos_number')}
      >
        <span className="key-word">{t('training.sos')}</span>
        <span>{t('training.sosHelp')}</span>
      </button>
      <button
        type="button"
        className="key key-green"
        data-testid="training-service"
        disabled={!ready}
        onClick={() => press('service_number')}
      >
        <CustomerServiceFilled className="key-icon" />
        <span className="key-word key-word-small">{t('training.service')}</span>
        <span>{t('training.serviceHelp')}</span>
      </button>
      <button
        type="button"
        className="hook key-job"
        data-testid="training-job"
        disabled={!ready || noJobLine}
        onClick={() => press('job_number')}
      >
        <ScheduleFilled />
        <span>
          {t('training.job')}
          <span className="key-job-help">{t(noJobLine ? 'training.noJobLine' : 'training.jobHelp')}</span>
        </span>
      </button>
    </div>
  );
}

/** `busy`: a key that tells the caller so; whoever does not answer lets it ring. */
function Hooks({ line, phone, busy = false }: { line: TrainingLine; phone: PhoneState; busy?: boolean }) {
  const { t } = useTranslation();
  const { set } = line;
  return (
    <div className="hooks">
      <button
        type="button"
        className="hook hook-answer"
        data-testid="training-answer"
        disabled={phone.call?.stage !== 'ringing'}
        onClick={() => set.phone.answer()}
      >
        <PhoneFilled /> {t('training.answer')}
      </button>
      {busy && (
        <button
          type="button"
          className="hook hook-busy"
          data-testid="training-busy"
          disabled={phone.call?.stage !== 'ringing'}
          onClick={() => set.phone.decline()}
        >
          {t('training.busyTone')}
        </button>
      )}
      <button
        type="button"
        className="hook hook-down"
        data-testid="training-hangup"
        disabled={phone.call === null}
        onClick={() => set.phone.hangUp()}
      >
        <PhoneFilled className="call-down" /> {t('training.hangUp')}
      </button>
    </div>
  );
}
