import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { Due } from './Due';
import { useCaseComplaints } from './queries';
import { WriteDialog } from './WriteDialog';
import { say } from './words';
import '../../kit/tone.css';
import '../orders/orders.css';
import './complaints.css';

/** On the case itself: what was complained of, and the key to write one down. */
export function CaseComplaints({ caseId, seesWhole }: { caseId: string; seesWhole: boolean }) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const navigate = useNavigate();
  const reads = may(me, 'outreach:read');
  const found = useCaseComplaints(caseId, reads).data ?? [];
  const [writes, setWrites] = useState(false);
  const mayWrite = seesWhole && may(me, 'outreach:work');
  if (!reads || (found.length === 0 && !mayWrite)) return null;
  return (
    <section aria-label={t('complaintPage.title')} data-testid="case-complaints">
      <h2 className="aside-title complaint-aside">
        {t('complaintPage.title')}
        {mayWrite && (
          <Button size="small" data-testid="complaint-write" onClick={() => setWrites(true)}>
            {t('complaintPage.write.key')}
          </Button>
        )}
      </h2>
      {found.map((one) => (
        <button
          key={one.id}
          type="button"
          className="complaint-line"
          onClick={() => void navigate(`/follow-ups/complaints?complaint=${one.id}`)}
        >
          <span className="num">{one.number}</span>
          <span className="quiet">{say('state', one.state)}</span>
          <Due complaint={one} />
        </button>
      ))}
      {writes && <WriteDialog caseId={caseId} onClose={() => setWrites(false)} />}
    </section>
  );
}
