import { Alert, Button, Skeleton, Tag } from 'antd';
import { useTranslation } from 'react-i18next';
import type { PointsMovement } from '../../../api/types';
import { errorText, lookUp } from '../../../i18n/words';
import { signed, units } from '../units';
import { Chart } from './Chart';
import { useMonths, useMovements, type Book } from './queries';

/** The newest first; each in the words that an agent reads to her. */
export function Movements({ elderId, book }: { elderId: string; book: Book }) {
  const { t } = useTranslation();
  const found = useMovements(elderId, book);
  const months = useMonths(elderId, book);
  if (found.isPending) return <Skeleton active />;
  if (found.isError) return <Alert type="error" showIcon title={errorText(found.error)} />;
  const movements = found.data.pages.flatMap((page) => page.movements);
  if (movements.length === 0) return <p className="quiet">{t('pointsPage.account.noMovements')}</p>;
  return (
    <>
      {!months.isPending && <Chart months={months.data?.months ?? []} movements={movements} book={book} />}
      <table className="points-table" data-testid="points-movements">
        <thead>
          <tr>
            <th>{t('pointsPage.column.day')}</th>
            <th>{t('pointsPage.column.what')}</th>
            <th>{t('pointsPage.column.by')}</th>
            <th className="num">{t('pointsPage.column.amount')}</th>
            <th className="num">{t('pointsPage.column.after')}</th>
          </tr>
        </thead>
        <tbody>
          {movements.map((one) => (
            <Line key={`${one.entry_id}${String(one.pending)}`} one={one} book={book} />
          ))}
        </tbody>
      </table>
      {found.hasNextPage && (
        <Button onClick={() => void found.fetchNextPage()} loading={found.isFetchingNextPage}>
          {t('pointsPage.account.more')}
        </Button>
      )}
    </>
  );
}

function Line({ one, book }: { one: PointsMovement; book: Book }) {
  const { t } = useTranslation();
  return (
    <tr>
      <td className="num">{one.day}</td>
      <td>
        {lookUp(`pointsPage.deed.${one.of}`) ?? one.of} {one.pending && <Tag>{t('pointsPage.pocket.pending')}</Tag>}
      </td>
      <td className="quiet">{one.by || t('pointsPage.bySystem')}</td>
      <td className={one.amount < 0 ? 'num' : 'num points-plus'}>{signed(one.amount, book)}</td>
      <td className="num">{units(one.balance_after, book)}</td>
    </tr>
  );
}
