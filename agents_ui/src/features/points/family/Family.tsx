import { Alert, Button, Popconfirm, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PointsAccount } from '../../../api/types';
import { useConsole } from '../../../app/console-context';
import { may } from '../../../app/session';
import { errorText } from '../../../i18n/words';
import { dayOf } from '../../../kit/format';
import { ClaimDialog } from './ClaimDialog';
import { GiveDialog } from './GiveDialog';
import { JoinDialog } from './JoinDialog';
import { useFamily, useFamilyDeeds } from './queries';
import { Waiting } from './Waiting';

type Open = 'join' | 'gift' | 'donation' | 'claim';

/** Who belongs to her family, who verified it and how; who left stays in the list. What can be done with her points inside it, and for the fund. */
export function Family({ account }: { account: PointsAccount }) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const [open, setOpen] = useState<Open | null>(null);
  const elderId = account.elder_id;
  const found = useFamily(elderId);
  const { leave } = useFamilyDeeds(elderId);
  if (found.isPending) return <Skeleton active />;
  const members = found.data?.members ?? [];
  const others = members.filter((one) => one.left_at === null && one.member_id !== elderId);
  const { member, points } = account;
  const dead = member?.frozen_why === 'death';
  const works = may(me, 'points:work') && member?.state !== 'closed';
  const gives = works && member?.state === 'active' && points.available > 0;
  const close = (): void => setOpen(null);
  return (
    <section className="part" data-testid="points-family">
      <div className="part-row">
        <h3 className="part-title">{t('pointsPage.family.title')}</h3>
        <span className="points-space" />
        {works && !dead && others.length === 0 && (
          <Button size="small" onClick={() => setOpen('join')} data-testid="family-join">
            {t('pointsPage.family.join')}
          </Button>
        )}
        {gives && others.length > 0 && (
          <Button size="small" onClick={() => setOpen('gift')} data-testid="family-give">
            {t('pointsPage.give.gift')}
          </Button>
        )}
        {gives && (
          <Button size="small" onClick={() => setOpen('donation')} data-testid="family-donate">
            {t('pointsPage.give.donation')}
          </Button>
        )}
        {works && dead && (
          <Button size="small" type="primary" onClick={() => setOpen('claim')} data-testid="family-claim">
            {t('pointsPage.claim.title')}
          </Button>
        )}
        {works && !dead && others.length > 0 && (
          <Popconfirm
            title={t('pointsPage.family.leaveSure')}
            okText={t('pointsPage.family.leave')}
            cancelText={t('common.cancel')}
            onConfirm={() => leave.mutate('asked')}
          >
            <Button size="small" loading={leave.isPending} data-testid="family-leave">
              {t('pointsPage.family.leave')}
            </Button>
          </Popconfirm>
        )}
      </div>
      {found.isError && <Alert type="error" showIcon title={errorText(found.error)} />}
      {leave.isError && <Alert type="error" showIcon title={errorText(leave.error)} />}
      {found.isSuccess && members.length === 0 && <p className="quiet">{t('pointsPage.family.none')}</p>}
      <ul className="points-lines">
        {members.map((one) => (
          <li key={`${one.member_id}${one.joined_at}`}>
            <strong>{one.name || t('pointsPage.family.volunteer')}</strong> {t(`pointsPage.family.proof.${one.proof}`)}{' '}
            <span className="quiet">
              {t('pointsPage.family.verified', { by: one.verified_by, day: dayOf(one.joined_at) })}
              {one.left_at !== null && ` · ${t('pointsPage.family.left', { day: dayOf(one.left_at) })}`}
            </span>
          </li>
        ))}
      </ul>
      <Waiting elderId={elderId} />
      {open === 'join' && <JoinDialog account={account} onClose={close} />}
      {(open === 'gift' || open === 'donation') && (
        <GiveDialog account={account} family={open === 'gift' ? others : []} onClose={close} />
      )}
      {open === 'claim' && <ClaimDialog account={account} family={others} onClose={close} />}
    </section>
  );
}
