import { useTranslation } from 'react-i18next';
import { useNow } from '../../app/console-context';
import { duration } from '../../kit/format';
import { countdown, type Deadline } from '../../live/emergency';

/** What is left, then what it is over by, in words: colour is never the only sign. */
export function Countdown({ deadline, className = '' }: { deadline: Deadline; className?: string }) {
  const { t } = useTranslation();
  const now = useNow();
  const { ms, over, age } = countdown(deadline, now);
  return (
    <span className={`num age-${age} ${className}`} data-over={over}>
      {t(over ? 'emergencyPage.over' : 'emergencyPage.left', { time: duration(ms) })}
    </span>
  );
}

/** Time that goes on since a moment. */
export function Since({ at, className = '' }: { at: string; className?: string }) {
  const now = useNow();
  return <span className={`num ${className}`}>{duration(now - Date.parse(at))}</span>;
}
