import { Alert, Segmented, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { PointsAccount } from '../../../api/types';
import { asApiError } from '../../../api/errors';
import { useConsole } from '../../../app/console-context';
import { may } from '../../../app/session';
import { errorText } from '../../../i18n/words';
import { BreakGlass } from '../../search/BreakGlass';
import { Counter } from '../counter/Counter';
import { Family } from '../family/Family';
import { Freeze } from '../family/Freeze';
import { units } from '../units';
import { Letter } from './Letter';
import { Movements } from './Movements';
import { useAccount, type Book } from './queries';
import '../points.css';

/** What one elder has in points and time coins, and how it came there. */
export function Account({ elderId }: { elderId: string }) {
  const { me } = useConsole();
  const [book, setBook] = useState<Book>('PT');
  const { t } = useTranslation();
  const found = useAccount(elderId);
  if (found.isPending) return <Skeleton active />;
  if (found.isError) {
    if (asApiError(found.error).code === 'no_access' && may(me, 'glass:break')) return <BreakGlass elderId={elderId} />;
    return <Alert type="error" showIcon title={errorText(found.error)} />;
  }
  return (
    <div data-testid="points-account">
      <Head account={found.data} />
      <Freeze account={found.data} />
      <Counter account={found.data} />
      <Family account={found.data} />
      <section className="part">
        <div className="part-row">
          <h3 className="part-title">{t('pointsPage.account.movements')}</h3>
          <span className="points-space" />
          <Segmented<Book>
            value={book}
            onChange={setBook}
            options={[
              { value: 'PT', label: t('pointsPage.book.PT') },
              { value: 'TC', label: t('pointsPage.book.TC') },
            ]}
          />
        </div>
        <Movements elderId={elderId} book={book} />
      </section>
      <Letter elderId={elderId} />
    </div>
  );
}

function Head({ account }: { account: PointsAccount }) {
  const { t } = useTranslation();
  const { name, member, points, coins, expiring, month } = account;
  const next = expiring[0];
  return (
    <section className="part">
      <div className="part-row">
        {name !== '' && <h3 className="part-title">{name}</h3>}
        <span className="points-space" />
        <Link to={`/points/goods?elder=${account.elder_id}`}>{t('pointsPage.goods.forHer')}</Link>
      </div>
      <div className="points-figures">
        <Figure label={t('pointsPage.pocket.available')} value={units(points.available, 'PT')} large />
        <Figure label={t('pointsPage.pocket.pending')} value={units(points.pending, 'PT')} />
        {points.reserved > 0 && <Figure label={t('pointsPage.pocket.reserved')} value={units(points.reserved, 'PT')} />}
        {points.frozen > 0 && <Figure label={t('pointsPage.pocket.frozen')} value={units(points.frozen, 'PT')} />}
        <Figure label={t('pointsPage.account.earned')} value={units(month.earned, 'PT')} />
        <Figure label={t('pointsPage.account.spent')} value={units(month.spent, 'PT')} />
        <Figure
          label={t('pointsPage.book.TC')}
          value={t('pointsPage.account.hours', { hours: units(coins.available + coins.frozen, 'TC') })}
        />
      </div>
      {member === null && <p className="quiet">{t('pointsPage.account.none')}</p>}
      {member?.state === 'frozen' && (
        <Alert
          type="warning"
          showIcon
          data-testid="points-frozen"
          title={t('pointsPage.account.frozen', { why: t(`pointsPage.frozenWhy.${member.frozen_why ?? 'lost'}`) })}
        />
      )}
      {member?.state === 'closed' && <Tag>{t('pointsPage.account.closed')}</Tag>}
      {next !== undefined && (
        <div className="quiet">
          {t('pointsPage.account.expires', { day: next.on, many: units(next.amount, 'PT') })}
          {expiring.length > 1 && (
            <details className="points-expiring">
              <summary>{t('pointsPage.account.allExpiring')}</summary>
              <ul>
                {expiring.map((one) => (
                  <li key={one.on} className="num">
                    {one.on}: {units(one.amount, 'PT')}
                  </li>
                ))}
              </ul>
            </details>
          )}
        </div>
      )}
    </section>
  );
}

function Figure({ label, value, large = false }: { label: string; value: string; large?: boolean }) {
  return (
    <div className={large ? 'points-figure points-figure-large' : 'points-figure'}>
      <span className="points-figure-value num">{value}</span>
      <span className="quiet">{label}</span>
    </div>
  );
}
