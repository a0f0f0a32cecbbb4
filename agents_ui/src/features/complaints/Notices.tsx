import { ExclamationCircleFilled } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { Due } from './Due';
import { useComplaintNotices, type Notice } from './queries';
import { say } from './words';

/** What was missed and has come up to the reader; each goes when somebody does what was missed. */
export function Notices({ onChoose }: { onChoose: ((complaintId: string) => void) | null }) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const notices = useComplaintNotices(may(me, 'complaints:told')).data ?? [];
  if (notices.length === 0) return null;
  return (
    <section className="complaint-notices" role="status" data-testid="complaint-notices">
      <strong>
        <ExclamationCircleFilled aria-hidden /> {t('complaintPage.notices', { count: notices.length })}
      </strong>
      <ul>
        {notices.map((one) => (
          <li key={one.complaint_id}>
            <One notice={one} onChoose={onChoose} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function One({ notice, onChoose }: { notice: Notice; onChoose: ((complaintId: string) => void) | null }) {
  const { t } = useTranslation();
  const who = notice.handler_name || t('complaintPage.nobodyYet');
  return (
    <>
      {onChoose === null ? (
        <span className="num">{notice.number}</span>
      ) : (
        <button type="button" className="report-link num" onClick={() => onChoose(notice.complaint_id)}>
          {notice.number}
        </button>
      )}
      <span>{say('missed', notice.deadline)}</span>
      <Due complaint={{ waits_for: notice.deadline, due_at: notice.due_at, level: notice.level }} />
      <span className="quiet">{[who, notice.place].filter(Boolean).join(' · ')}</span>
    </>
  );
}

/** On the rail: how many are overdue and have come up to the reader. */
export function ComplaintBadge() {
  const { me } = useConsole();
  const { t } = useTranslation();
  const count = useComplaintNotices(may(me, 'complaints:told')).data?.length ?? 0;
  if (count === 0) return null;
  const text = t('complaintPage.notices', { count });
  return (
    <span className="rail-badge rail-badge-late" title={text} aria-label={text} data-testid="complaint-badge">
      !{count}
    </span>
  );
}
