import { Alert, Button, Select, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import type { GoodsOrder, PointsPartner } from '../../../api/types';
import { errorText } from '../../../i18n/words';
import { dayOf } from '../../../kit/format';
import { units } from '../units';
import { useAllOrders } from './queries';

const PAGE = 50;
const STATES = ['reserved', 'confirmed', 'void'] as const;

/** Of all elders: what waits to be handed out, by its deadline, and what was. A name leads to her. */
export function AllOrders({ partners }: { partners: PointsPartner[] }) {
  const { t } = useTranslation();
  const [, setAddress] = useSearchParams();
  const [state, setState] = useState<GoodsOrder['state'] | null>('reserved');
  const [partnerId, setPartnerId] = useState<string | null>(null);
  const [page, setPage] = useState(0);
  const found = useAllOrders({ state, partnerId, offset: page * PAGE });
  return (
    <section className="part" data-testid="goods-all-orders">
      <h3 className="part-title">{t('pointsPage.goods.all')}</h3>
      <div className="part-row">
        <Select<GoodsOrder['state'] | 'all'>
          className="points-month"
          aria-label={t('pointsPage.goods.whichState')}
          value={state ?? 'all'}
          onChange={(said) => {
            setState(said === 'all' ? null : said);
            setPage(0);
          }}
          options={[
            { value: 'all' as const, label: t('pointsPage.goods.state.all') },
            ...STATES.map((value) => ({ value, label: t(`pointsPage.goods.state.${value}`) })),
          ]}
        />
        <Select
          className="points-month"
          aria-label={t('pointsPage.goods.whichPartner')}
          value={partnerId ?? ''}
          onChange={(said) => {
            setPartnerId(said === '' ? null : said);
            setPage(0);
          }}
          options={[
            { value: '', label: t('pointsPage.goods.everyPartner') },
            ...partners.map((one) => ({ value: one.id, label: one.name })),
          ]}
        />
      </div>
      {found.isPending && <Skeleton active />}
      {found.isError && <Alert type="error" showIcon title={errorText(found.error)} />}
      {found.data?.length === 0 && <p className="quiet">{t('pointsPage.goods.noneSuch')}</p>}
      {found.data !== undefined && found.data.length > 0 && (
        <table className="points-table">
          <thead>
            <tr>
              {(['elder', 'good', 'partner', 'state', 'due'] as const).map((key) => (
                <th key={key} scope="col">
                  {t(`pointsPage.goods.column.${key}`)}
                </th>
              ))}
              <th scope="col" className="num">
                {t('pointsPage.goods.points')}
              </th>
            </tr>
          </thead>
          <tbody>
            {found.data.map((one) => (
              <tr key={one.id}>
                <td>
                  <Button size="small" type="link" onClick={() => setAddress({ elder: one.elder_id })}>
                    {one.elder_name}
                  </Button>
                </td>
                <td>
                  {one.good} ×{one.quantity}
                </td>
                <td>{one.partner}</td>
                <td>{t(`pointsPage.goods.state.${one.state}`)}</td>
                <td>{dayOf(one.over_at ?? one.due_at)}</td>
                <td className="num">{units(one.points, 'PT')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <div className="part-row">
        {page > 0 && (
          <Button size="small" onClick={() => setPage(page - 1)}>
            {t('pointsPage.goods.newer')}
          </Button>
        )}
        {found.data?.length === PAGE && (
          <Button size="small" onClick={() => setPage(page + 1)}>
            {t('pointsPage.account.more')}
          </Button>
        )}
      </div>
    </section>
  );
}
