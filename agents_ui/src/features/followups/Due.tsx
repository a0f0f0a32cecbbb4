import { ClockCircleOutlined, ExclamationCircleFilled } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import { useNow } from '../../app/console-context';
import { duration, moment } from '../../kit/format';
import type { FollowUp } from './queries';

const DAY_MS = 86_400_000;
const NEAR_MS = 30 * 60_000;

/** What is left until it should be done, then what it is over by; further away than a day it is a date. */
export function Due({ plan }: { plan: Pick<FollowUp, 'due_at' | 'state'> }) {
  const { t } = useTranslation();
  const now = useNow();
  const due = Date.parse(plan.due_at);
  const left = due - now;
  if (left > DAY_MS || (plan.state !== 'by_person' && left > 0))
    return <span className="num quiet">{moment(due, now)}</span>;
  if (left >= 0)
    return (
      <span className={left < NEAR_MS ? 'due due-near num' : 'due num'}>
        <ClockCircleOutlined aria-hidden /> {t('followUpPage.left', { time: duration(left) })}
      </span>
    );
  if (plan.state !== 'by_person') return <span className="num">{moment(due, now)}</span>;
  return (
    <span className="due due-late num">
      <ExclamationCircleFilled aria-hidden />{' '}
      {-left > DAY_MS ? moment(due, now) : t('followUpPage.over', { time: duration(-left) })}
    </span>
  );
}
