import { useTranslation } from 'react-i18next';
import { useNow } from '../../app/console-context';
import { clockTime, duration, moment } from '../../kit/format';
import { RecordingPlayer } from '../recordings/RecordingPlayer';
import type { Attempt, FollowUpDetail } from './queries';
import { pressedText, say } from './words';

/** Every call that was made about it, with what was keyed, to the second. */
export function History({ plan }: { plan: FollowUpDetail }) {
  const { t } = useTranslation();
  const now = useNow(60_000);
  return (
    <section className="follow-up-history" aria-label={t('followUpPage.detail.history')}>
      <h3>{t('followUpPage.detail.history')}</h3>
      {plan.tried.length === 0 && plan.called.length === 0 && (
        <p className="quiet">{t('followUpPage.detail.untried')}</p>
      )}
      <ol>
        {plan.tried.map((attempt) => (
          <Tried key={attempt.number} attempt={attempt} now={now} />
        ))}
        {plan.texted !== null && <Texted texted={plan.texted} now={now} />}
        {plan.called.map((call) => (
          <li key={call.at}>
            <div className="follow-up-attempt">
              <time className="num">{moment(Date.parse(call.at), now)}</time>
              <span>{t('followUpPage.detail.byHand', { name: call.by })}</span>
              <span className="quiet num">
                {call.talked_s === null
                  ? t('followUpPage.detail.notAnswered')
                  : t('followUpPage.detail.talked', { time: duration(call.talked_s * 1000) })}
              </span>
            </div>
            {call.recordings.map((one) => (
              <RecordingPlayer key={one.id} recordingId={one.id} seconds={one.seconds} />
            ))}
          </li>
        ))}
      </ol>
    </section>
  );
}

/** The text message that asked her, and all that came back. */
function Texted({ texted, now }: { texted: NonNullable<FollowUpDetail['texted']>; now: number }) {
  const { t } = useTranslation();
  return (
    <li data-testid="texted">
      <div className="follow-up-attempt">
        <time className="num">{moment(Date.parse(texted.sent_at ?? texted.due_at), now)}</time>
        <span>{t('followUpPage.text.asked')}</span>
        <span className="tone">{say('sms', texted.state)}</span>
      </div>
      <ol className="follow-up-pressed">
        {texted.replies.map((one) => (
          <li key={one.at} className={one.counted ? 'follow-up-key' : 'quiet'}>
            <time className="num">{clockTime(Date.parse(one.at))}</time>{' '}
            {t('followUpPage.text.reply', { what: say('read', one.read_as) })}
            {one.text !== '' && ` “${one.text}”`}
            {!one.counted && ` ${t('followUpPage.text.late')}`}
          </li>
        ))}
      </ol>
    </li>
  );
}

function Tried({ attempt, now }: { attempt: Attempt; now: number }) {
  const { t } = useTranslation();
  return (
    <li data-testid={`attempt-${attempt.number}`}>
      <div className="follow-up-attempt">
        <time className="num">{moment(Date.parse(attempt.asked_at), now)}</time>
        <span>{t('followUpPage.detail.attempt', { count: attempt.number })}</span>
        <span className={attempt.state === 'spoken' ? 'tone tone-ok' : 'tone'}>{say('attempt', attempt.state)}</span>
      </div>
      <ol className="follow-up-pressed">
        {attempt.pressed.map((one, at) => (
          <li key={at} className={one.kind === 'keys' ? 'follow-up-key' : 'quiet'} data-kind={one.kind}>
            <time className="num">{clockTime(Date.parse(one.at))}</time> {pressedText(one)}
          </li>
        ))}
      </ol>
      {attempt.recordings.map((one) => (
        <RecordingPlayer key={one.id} recordingId={one.id} seconds={one.seconds} />
      ))}
    </li>
  );
}
