import { ArrowLeftOutlined, EditOutlined } from '@ant-design/icons';
import { Alert, Button, Result, Skeleton, Tabs } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useParams, useSearchParams } from 'react-router';
import { useQuery } from '@tanstack/react-query';
import { asApiError } from '../../api/errors';
import type { ElderCard, Profile } from '../../api/types';
import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { errorText } from '../../i18n/words';
import { BreakGlass } from '../search/BreakGlass';
import { Page } from '../shell/Page';
import { PointsCard } from '../points/account/PointsCard';
import { RefusedStores } from '../stores/RefusedStores';
import { Changes } from './Changes';
import { CheckTab } from './CheckTab';
import { CareTab } from '../care/CareTab';
import { EntitlementsTab } from '../bills/EntitlementsTab';
import { ConsentsTab } from './ConsentsTab';
import { hasDraft } from './drafts';
import { OwnLacks } from './OwnLacks';
import { ProfileForm } from './ProfileForm';
import { ProfileHead } from './ProfileHead';
import { ProfileView } from './ProfileView';
import { useProfile } from './queries';

/** One elder: who she is on top, and below it what is written of her, what she agreed to, her telephone, and who changed what. */
export function ElderPage() {
  const { id = '' } = useParams();
  return <Elder key={id} id={id} />;
}

function Elder({ id }: { id: string }) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const navigate = useNavigate();
  const profile = useProfile(id);
  const denied = profile.isError && asApiError(profile.error).code === 'no_access';
  const title = (
    <Button type="text" icon={<ArrowLeftOutlined />} onClick={() => void navigate('/elders')} data-testid="elder-back">
      {t('eldersPage.head.back')}
    </Button>
  );
  return (
    <Page title={title}>
      {profile.isPending && <Skeleton active avatar paragraph={{ rows: 10 }} />}
      {denied && <Denied id={id} onOpen={() => void profile.refetch()} />}
      {profile.isError && !denied && profile.data === undefined && (
        <Result
          status="warning"
          title={t('eldersPage.head.loadFailed')}
          subTitle={errorText(profile.error)}
          extra={<Button onClick={() => void profile.refetch()}>{t('common.retry')}</Button>}
        />
      )}
      {profile.data !== undefined && !denied && <Opened profile={profile.data} meId={me.id} />}
    </Page>
  );
}

/** A reason opens her for an hour; who changed what may be seen without. */
function Denied({ id, onOpen }: { id: string; onOpen: () => void }) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const opened = useQuery<ElderCard>({
    queryKey: ['elder', id],
    enabled: false,
    queryFn: () => Promise.reject(new Error()),
  });
  const isOpen = opened.data !== undefined;
  useEffect(() => {
    if (isOpen) onOpen();
    // once, when the glass is broken
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [isOpen]);
  return (
    <div className="stack">
      <section className="part">
        {may(me, 'glass:break') ? <BreakGlass elderId={id} /> : <Alert type="warning" title={errorText('no_access')} />}
      </section>
      <section className="part">
        <h3 className="part-title">{t('eldersPage.head.tabChanges')}</h3>
        <p className="part-intro">{t('eldersPage.head.masked')}</p>
        <Changes id={id} />
      </section>
    </div>
  );
}

function Opened({ profile, meId }: { profile: Profile; meId: string }) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const mayWrite = may(me, 'elders:write');
  const [address, setAddress] = useSearchParams();
  const field = address.get('field');
  const [editing, setEditing] = useState(mayWrite && (field !== null || hasDraft(meId, profile.id)));
  const [tab, setTab] = useState('profile');
  const [asked, setAsked] = useState(field);
  // Something that is missing was clicked: to its field, wherever one is.
  if (asked !== field) {
    setAsked(field);
    if (field !== null && mayWrite) {
      setTab('profile');
      setEditing(true);
    }
  }
  const done = (): void => {
    setEditing(false);
    if (field !== null) setAddress({}, { replace: true });
  };
  return (
    <div data-testid="elder-page" data-elder={profile.id}>
      {profile.asked_id !== profile.id && (
        <Alert type="info" showIcon title={t('eldersPage.head.merged')} style={{ marginBottom: 8 }} />
      )}
      <ProfileHead profile={profile} mayWrite={mayWrite} />
      <OwnLacks profile={profile} mayWrite={mayWrite} />
      <div className="profile-tabs-wrap">
        {/* Beside the tabs, not in their list: that one may hold tabs alone. */}
        {mayWrite && tab === 'profile' && !editing && (
          <Button
            className="profile-edit"
            type="primary"
            icon={<EditOutlined />}
            onClick={() => setEditing(true)}
            data-testid="profile-edit"
          >
            {t('eldersPage.form.edit')}
          </Button>
        )}
        <Tabs
          className="profile-tabs"
          activeKey={tab}
          onChange={setTab}
          items={[
            {
              key: 'profile',
              label: t('eldersPage.head.tabProfile'),
              children: editing ? (
                <ProfileForm profile={profile} field={field} onDone={done} />
              ) : (
                <ProfileView profile={profile} />
              ),
            },
            {
              key: 'consents',
              label: t('eldersPage.head.tabConsents'),
              children: <ConsentsTab elderId={profile.id} mayWrite={mayWrite} />,
            },
            {
              key: 'entitlements',
              label: t('eldersPage.head.tabEntitlements'),
              children: <EntitlementsTab elderId={profile.id} mayWrite={may(me, 'bills:write')} />,
            },
            ...(may(me, 'points:read')
              ? [
                  {
                    key: 'points',
                    label: t('nav.points'),
                    children: (
                      <section className="part">
                        <PointsCard elderId={profile.id} />
                      </section>
                    ),
                  },
                ]
              : []),
            ...(may(me, 'outreach:read')
              ? [{ key: 'care', label: t('carePage.tab'), children: <CareTab elderId={profile.id} /> }]
              : []),
            ...(may(me, 'orders:read')
              ? [
                  {
                    key: 'refused',
                    label: t('storesPage.refused.title'),
                    children: <RefusedStores elderId={profile.id} writes={may(me, 'orders:write')} />,
                  },
                ]
              : []),
            {
              key: 'check',
              label: t('eldersPage.head.tabCheck'),
              children: <CheckTab profile={profile} mayWrite={mayWrite} />,
            },
            {
              key: 'changes',
              label: t('eldersPage.head.tabChanges'),
              children: (
                <section className="part">
                  <Changes id={profile.id} version={profile.version} />
                </section>
              ),
            },
          ]}
        />
      </div>
    </div>
  );
}
