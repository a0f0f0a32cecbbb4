import { Empty, Tabs } from 'antd';
import { useTranslation } from 'react-i18next';
import type { CaseDetail, CaseSummary, ElderCard } from '../../api/types';
import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { Contacts } from './Contacts';
import { Devices } from './Devices';
import { HealthFacts, ProfileFacts } from './ElderFacts';
import { History } from './History';
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
        { key: 'orders', label: t('deskMore.tabs.orders'), children: <Orders /> },
        { key: 'health', label: t('case.health'), children: <HealthFacts elder={elder} /> },
        {
          key: 'contacts',
          label: t('deskMore.tabs.contacts'),
          children: (
            <div className="case-padded">
              <Contacts contacts={elder.contacts} />
            </div>
          ),
        },
        { key: 'devices', label: t('deskMore.tabs.devices'), children: <Devices elder={elder} /> },
        {
          key: 'history',
          label: t('deskMore.tabs.history'),
          children: <History elderId={elder.id} currentId={caseId} />,
        },
        { key: 'profile', label: t('case.profile'), children: <ProfileFacts elder={elder} /> },
      ]}
    />
  );
}

/** Honest about what is not there yet, and what to do meanwhile. */
function Orders() {
  const { t } = useTranslation();
  return (
    <Empty
      className="case-padded"
      image={Empty.PRESENTED_IMAGE_SIMPLE}
      description={
        <>
          <strong>{t('deskMore.orders.emptyTitle')}</strong>
          <p className="quiet">{t('deskMore.orders.emptyText')}</p>
        </>
      }
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
