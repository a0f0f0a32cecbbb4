import { Alert, Skeleton, Tag } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { errorText } from '../../../i18n/words';
import { units } from '../units';
import { useAccount, useLastMovements } from './queries';
import '../points.css';

/** What an agent reads to her when she asks for her points: what she has, what is lost soon, the last three movements in plain words. */
export function PointsCard({ elderId }: { elderId: string }) {
  const { t } = useTranslation();
  const found = useAccount(elderId);
  const last = useLastMovements(elderId);
  return (
    <section data-testid="points-card">
      <h2 className="aside-title">
        {t('pointsPage.card.title')}{' '}
        <Link className="points-card-more" to={`/points?elder=${elderId}`}>
          {t('pointsPage.card.more')}
        </Link>
      </h2>
      {found.isPending && <Skeleton active title={false} paragraph={{ rows: 2 }} />}
      {found.isError && <Alert type="warning" showIcon title={errorText(found.error)} />}
      {found.data !== undefined && <Has account={found.data} />}
      <ul className="points-card-moves">
        {(last.data?.movements ?? []).map((one) => (
          <li key={`${one.entry_id}${String(one.pending)}`}>{one.words}</li>
        ))}
      </ul>
    </section>
  );
}

function Has({ account }: { account: NonNullable<ReturnType<typeof useAccount>['data']> }) {
  const { t } = useTranslation();
  const { member, points, coins, expiring } = account;
  const hours = coins.available + coins.frozen + coins.reserved;
  const next = expiring[0];
  if (member === null && points.available + points.pending + points.frozen + hours === 0) {
    return <p className="quiet">{t('pointsPage.card.none')}</p>;
  }
  return (
    <>
      <p className="points-card-has">
        <strong className="num">{units(points.available, 'PT')}</strong> {t('pointsPage.card.points')}
        {points.pending > 0 && ` · ${t('pointsPage.pocket.pending')} ${units(points.pending, 'PT')}`}
        {hours > 0 && ` · ${t('pointsPage.book.TC')} ${t('pointsPage.account.hours', { hours: units(hours, 'TC') })}`}
      </p>
      {member?.state === 'frozen' && (
        <Tag color="warning" data-testid="points-card-frozen">
          {t('pointsPage.card.frozen', {
            why: t(`pointsPage.frozenWhy.${member.frozen_why ?? 'lost'}`),
            many: units(points.frozen, 'PT'),
          })}
        </Tag>
      )}
      {member?.state === 'closed' && <Tag>{t('pointsPage.account.closed')}</Tag>}
      {next !== undefined && (
        <p className="quiet">{t('pointsPage.account.expires', { day: next.on, many: units(next.amount, 'PT') })}</p>
      )}
    </>
  );
}
