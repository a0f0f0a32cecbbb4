import { PlusOutlined } from '@ant-design/icons';
import { Button, Tabs } from 'antd';
import { useTranslation } from 'react-i18next';
import type { CaseDetail, CaseSummary, ElderCard } from '../../api/types';
import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { useStore } from '../../kit/store';
import { CaseComplaints } from '../complaints/CaseComplaints';
import { CaseFollowUps } from '../followups/CaseFollowUps';
import { NewOrder } from '../orders/NewOrder';
import { ordering } from '../orders/ordering';
import { OrdersTab } from '../orders/OrdersTab';
import { useOrderingAhead } from '../orders/queries';
import { PointsCard } from '../points/account/PointsCard';
import { RecordingList } from '../recordings/RecordingList';
import { Contacts } from './Contacts';
import { Devices } from './Devices';
import { HealthFacts, ProfileFacts } from './ElderFacts';
import { History } from './History';
import { LastCases } from './LastCases';
import { NoteField } from './NoteField';
import { Timeline } from './Timeline';
import { ToAsk } from './ToAsk';

interface Props {
  caseId: string;
  detail: CaseDetail | undefined;
  elder: ElderCard | null;
  lastCases: CaseSummary[];
}

export function CaseBody({ caseId, detail, elder, lastCases }: Props) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const orderingFor = useStore(ordering, (value) => value);
  const mayOrder = may(me, 'orders:write') && detail?.state !== 'closed';
  useOrderingAhead(caseId, mayOrder && elder?.full ? elder.community_id : null);
  const now = <Now caseId={caseId} detail={detail} elder={elder} lastCases={lastCases} />;
  if (elder === null || !elder.full) return <div className="case-body">{now}</div>;
  const orders = may(me, 'orders:read');
  if (orderingFor === caseId && mayOrder) {
    return <NewOrder key={caseId} caseId={caseId} communityId={elder.community_id} name={elder.name} />;
  }
  const tabs = (
    <Tabs
      className="case-tabs"
      size="small"
      items={[
        { key: 'now', label: t('case.now'), children: now },
        ...(orders
          ? [
              {
                key: 'orders',
                label: t('deskMore.tabs.orders'),
                children: <OrdersTab caseId={caseId} open={mayOrder} />,
              },
            ]
          : []),
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
        ...(may(me, 'recordings:hear')
          ? [{ key: 'recordings', label: t('recordings.tab'), children: <RecordingList caseId={caseId} /> }]
          : []),
        {
          key: 'history',
          label: t('deskMore.tabs.history'),
          children: <History elderId={elder.id} currentId={caseId} />,
        },
        { key: 'profile', label: t('case.profile'), children: <ProfileFacts elder={elder} /> },
      ]}
    />
  );
  if (!mayOrder) return tabs;
  return (
    <div className="case-with-order">
      <Button
        className="case-order-key"
        size="small"
        icon={<PlusOutlined />}
        data-testid="order-open"
        onClick={() => ordering.set(caseId)}
      >
        {t('ordersPage.open')} <kbd>F8</kbd>
      </Button>
      {tabs}
    </div>
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
        <CaseFollowUps key={caseId} caseId={caseId} />
        {elder !== null && detail?.severity !== 'E0' && <ToAsk lacks={elder.to_ask} />}
        {elder !== null && elder.full && <Contacts contacts={elder.contacts} />}
        <CaseComplaints key={`complaints:${caseId}`} caseId={caseId} seesWhole={elder === null || elder.full} />
        {elder !== null && elder.full && detail?.severity !== 'E0' && may(me, 'points:read') && (
          <PointsCard key={`points:${elder.id}`} elderId={elder.id} />
        )}
        <LastCases cases={lastCases} currentId={caseId} />
      </aside>
    </div>
  );
}
