import { Tabs } from 'antd';
import { useTranslation } from 'react-i18next';
import type { CaseDetail, CaseSummary, ElderCard } from '../../api/types';
import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { Contacts } from './Contacts';
import { HealthFacts, ProfileFacts } from './ElderFacts';
import { LastCases } from './LastCases';
import { NoteField } from './NoteField';
import { Timeline } from './Timeline';

interface Props {
  caseId: string;
  detail: CaseDetail | undefined;
  elder: ElderCard | null;
  lastCases: CaseSummary[];
}

export function CaseBody({ caseId, detail, elder, lastCases }: Props) {
  const { t } = useTranslation();
  const now = <Now caseId={caseId} detail={detail} elder={elder} lastCases={lastCases} />;
  if (elder === null || !elder.full) return <div className="case-body">{now}</div>;
  return (
    <Tabs
      className="case-tabs"
      size="small"
      items={[
        { key: 'now', label: t('case.now'), children: now },
        { key: 'health', label: t('case.health'), children: <HealthFacts elder={elder} /> },
        { key: 'profile', label: t('case.profile'), children: <ProfileFacts elder={elder} /> },
      ]}
    />
  );
}

function Now({ caseId, detail, elder, lastCases }: Props) {
  const { me } = useConsole();
  const { t } = useTranslation();
  return (
    <div className="case-now">
      <div className="case-timeline">
        {may(me, 'cases:write') &&
          (detail?.state === 'closed' ? (
            <p className="quiet">{t('case.closed')}</p>
          ) : (
            <NoteField key={caseId} caseId={caseId} />
          ))}
        <Timeline entries={detail?.entries} />
      </div>
      <aside className="case-aside">
        {elder !== null && elder.full && <Contacts contacts={elder.contacts} />}
        <LastCases cases={lastCases} currentId={caseId} />
      </aside>
    </div>
  );
}
