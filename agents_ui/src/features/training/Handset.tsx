import { CustomerServiceFilled, PhoneFilled } from '@ant-design/icons';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { errorText } from '../../i18n/words';
import { phoneNumber } from '../../kit/format';
import { OwnClock } from '../../kit/OwnClock';
import { duration } from '../../kit/format';
import { useStore } from '../../kit/store';
import type { PhoneState } from '../../phone/state';
import { useTrainingPhone } from './use-training-phone';

export type SetState = 'notReady' | 'idle' | 'connecting' | 'talking' | 'ringing';

/** The three states in large words, and two that come before and between them. */
export function setState(phone: PhoneState): SetState {
  if (phone.call !== null) {
    if (phone.call.stage === 'talking') return 'talking';
    return phone.call.stage === 'ringing' ? 'ringing' : 'connecting';
  }
  return phone.registration === 'registered' ? 'idle' : 'notReady';
}

const digitsOf = (number: string): string => number.replace(/[^+0-9]/g, '');

/** What a one-key telephone looks like: loudspeaker, display, one red key, one green key. */
export function Handset({ number, name }: { number: string; name: string }) {
  const { t } = useTranslation();
  const { set, account, retry } = useTrainingPhone(number);
  const phone = useStore(set.phone, (value) => value);
  const shown = setState(phone);
  const canDial = shown === 'idle' && account.data !== undefined;
  const press = (line: 'sos_number' | 'service_number'): void => {
    if (account.data === undefined) return;
    void set.audio.wake();
    set.phone.dial(account.data[line], [`X-OneKey-Caller: ${digitsOf(number)}`]);
  };
  const problem = account.isError
    ? errorText(account.error)
    : phone.microphone === 'denied'
      ? t('phone.micDeniedTitle')
      : phone.microphone === 'missing'
        ? t('phone.micMissingTitle')
        : null;
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
            <OwnClock>{(now) => duration(now - (phone.call?.talkingSince ?? now))}</OwnClock>
          ) : shown === 'idle' && phone.lastEnd ? (
            t(`training.ended.${phone.lastEnd.cause}`)
          ) : (
            problem
          )}
        </div>
      </div>
      {problem !== null && <Button onClick={retry}>{t('common.retry')}</Button>}
      <div className="keys">
        <button
          type="button"
          className="key key-red"
          data-testid="training-sos"
          disabled={!canDial}
          onClick={() => press('sos_number')}
        >
          <span className="key-word">{t('training.sos')}</span>
          <span>{t('training.sosHelp')}</span>
        </button>
        <button
          type="button"
          className="key key-green"
          data-testid="training-service"
          disabled={!canDial}
          onClick={() => press('service_number')}
        >
          <CustomerServiceFilled className="key-icon" />
          <span className="key-word key-word-small">{t('training.service')}</span>
          <span>{t('training.serviceHelp')}</span>
        </button>
      </div>
      <div className="hooks">
        <button
          type="button"
          className="hook hook-answer"
          data-testid="training-answer"
          disabled={shown !== 'ringing'}
          onClick={() => set.phone.answer()}
        >
          <PhoneFilled /> {t('training.answer')}
        </button>
        <button
          type="button"
          className="hook"
          data-testid="training-hangup"
          disabled={phone.call === null}
          onClick={() => set.phone.hangUp()}
        >
          <PhoneFilled className="call-down" /> {t('training.hangUp')}
        </button>
      </div>
    </section>
  );
}
