import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Input, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../../api/client';
import type { PointsBooks } from '../../../api/types';
import { errorText } from '../../../i18n/words';
import { dayAndTime } from '../../../kit/format';
import { units } from '../units';
import '../points.css';

/** What the scheme answers for, and whether the books prove it. */
export function BooksTab() {
  const { t } = useTranslation();
  const found = useQuery({ queryKey: ['points-books'], queryFn: () => unwrap(api.GET('/api/points/books')) });
  if (found.isPending) return <Skeleton active />;
  if (found.isError) return <Alert type="error" showIcon title={errorText(found.error)} />;
  const { liability } = found.data;
  const most = Math.max(1, ...liability.expiring.map((one) => one.points));
  return (
    <div data-testid="points-books">
      <Proof books={found.data} />
      <section className="part">
        <div className="points-figures">
          {(['outstanding', 'issued', 'redeemed', 'expired', 'fund'] as const).map((key) => (
            <div key={key} className="points-figure">
              <span className="points-figure-value num">{units(liability[key], 'PT')}</span>
              <span className="quiet">{t(`pointsPage.books.${key}`)}</span>
            </div>
          ))}
          <div className="points-figure" data-testid="fund-coins">
            <span className="points-figure-value num">
              {t('pointsPage.account.hours', { hours: units(liability.fund_coins, 'TC') })}
            </span>
            <span className="quiet">{t('pointsPage.books.fundCoins')}</span>
          </div>
        </div>
        <h3 className="part-title">{t('pointsPage.books.expiring')}</h3>
        {liability.expiring.length === 0 && <p className="quiet">{t('common.none')}</p>}
        <ul className="points-bars">
          {liability.expiring.map((one) => (
            <li key={one.month}>
              <span className="num">{one.month.slice(0, 7)}</span>
              <span className="points-bar" style={{ width: `${Math.max(1, Math.round((60 * one.points) / most))}%` }} />
              <span className="num">{units(one.points, 'PT')}</span>
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}

function Proof({ books }: { books: PointsBooks }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [reason, setReason] = useState('');
  const open = useMutation({
    mutationFn: () => unwrap(api.POST('/api/points/redemption/open', { body: { reason } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['points-books'] }),
  });
  const { check } = books;
  return (
    <section className="part">
      {check === null && <p className="quiet">{t('pointsPage.books.never')}</p>}
      {check !== null && (
        <Alert
          type={check.clean ? 'success' : 'error'}
          showIcon
          title={t(check.clean ? 'pointsPage.books.clean' : 'pointsPage.books.broken', {
            at: dayAndTime(check.at),
            count: check.findings.length,
            postings: units(check.postings, 'PT'),
          })}
        />
      )}
      {!books.redemption && (
        <>
          <Alert type="warning" showIcon title={t('pointsPage.books.stopped')} />
          {open.isError && <Alert type="error" showIcon title={errorText(open.error)} />}
          <div className="part-row">
            <Input
              maxLength={500}
              value={reason}
              placeholder={t('pointsPage.books.reason')}
              aria-label={t('pointsPage.books.reason')}
              onChange={(event) => setReason(event.target.value)}
            />
            <Button
              type="primary"
              disabled={reason.trim().length < 2 || check?.clean === false}
              onClick={() => open.mutate()}
            >
              {t('pointsPage.books.open')}
            </Button>
          </div>
        </>
      )}
    </section>
  );
}
