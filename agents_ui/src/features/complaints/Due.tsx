import { ClockCircleOutlined, ExclamationCircleFilled } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import { useNow } from '../../app/console-context';
import { duration, moment } from '../../kit/format';
import { DAY_MS, leftOf } from './columns';
import type { Complaint } from './queries';
import { say } from './words';

/** By when somebody must have taken or solved it; missed: by how much, and how high it went. */
export function Due({ complaint }: { complaint: Pick<Complaint, 'waits_for' | 'due_at' | 'level'> }) {
  const { t } = useTranslation();
  const now = useNow();
  const left = leftOf(complaint, now);
  if (complaint.waits_for === null || complaint.due_at === null) return null;
  const due = Date.parse(complaint.due_at);
  const what = say('waits', complaint.waits_for);
  switch (left.kind) {
    case 'none':
      return null;
    case 'far':
      return <span className="num quiet">{t('complaintPage.by', { what, when: moment(due, now) })}</span>;
    case 'left':
    case 'near':
      return (
        <span className={left.kind === 'near' ? 'due due-near num' : 'due num'}>
          <ClockCircleOutlined aria-hidden /> {t('complaintPage.left', { what, time: duration(left.ms) })}
        </span>
      );
    case 'late':
      return (
        <span className="complaint-late">
          <span className="due due-late num">
            <ExclamationCircleFilled aria-hidden />{' '}
            {left.ms > DAY_MS
              ? t('complaintPage.overDays', { what, count: Math.floor(left.ms / DAY_MS) })
              : t('complaintPage.over', { what, time: duration(left.ms) })}
          </span>
          {complaint.level > 0 && <span className="tone tone-late">{say('told', complaint.level)}</span>}
        </span>
      );
  }
}
