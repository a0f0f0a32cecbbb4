import { Alert, Button, InputNumber, Popconfirm, Select, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { asApiError } from '../../../api/errors';
import type { PointsAccount, PointsGood, PointsPartner } from '../../../api/types';
import { useConsole } from '../../../app/console-context';
import { may } from '../../../app/session';
import { errorText } from '../../../i18n/words';
import { BreakGlass } from '../../search/BreakGlass';
import { ElderSearch } from '../../search/ElderSearch';
import { useAccount } from '../account/queries';
import { units } from '../units';
import { Orders } from './Orders';
import { useDeed } from './queries';

/** Finds an elder; then what she may spend, what she wants, and what she has had. */
export function ForElder({ partners }: { partners: PointsPartner[] }) {
  const { t } = useTranslation();
  const [address, setAddress] = useSearchParams();
  const elderId = address.get('elder');
  return (
    <section className="part points-search">
      <div className="part-row">
        <h3 className="part-title">{t('pointsPage.goods.forWhom')}</h3>
        {elderId !== null && (
          <Button size="small" onClick={() => setAddress({})}>
            {t('pointsPage.account.other')}
          </Button>
        )}
      </div>
      {elderId === null ? (
        <>
          <p className="part-intro">{t('pointsPage.goods.find')}</p>
          <ElderSearch chosenId={null} onPick={(hit) => setAddress({ elder: hit.id })} />
        </>
      ) : (
        <Hers key={elderId} elderId={elderId} partners={partners} />
      )}
    </section>
  );
}

function Hers({ elderId, partners }: { elderId: string; partners: PointsPartner[] }) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const found = useAccount(elderId);
  if (found.isPending) return <Skeleton active />;
  if (found.isError) {
    if (asApiError(found.error).code === 'no_access' && may(me, 'glass:break')) return <BreakGlass elderId={elderId} />;
    return <Alert type="error" showIcon title={errorText(found.error)} />;
  }
  const { name, points } = found.data;
  return (
    <>
      <p>{t('pointsPage.goods.has', { name, many: units(points.available, 'PT') })}</p>
      {may(me, 'points:work') && <Order account={found.data} partners={partners} />}
      <Orders elderId={elderId} partners={partners} />
    </>
  );
}

const offered = (good: PointsGood): boolean => good.active && good.stock > 0;

function Order({ account, partners }: { account: PointsAccount; partners: PointsPartner[] }) {
  const { t } = useTranslation();
  const [goodId, setGoodId] = useState<string | null>(null);
  const [quantity, setQuantity] = useState(1);
  const [waits, setWaits] = useState(false);
  const deed = useDeed(account.elder_id);
  const open = partners.filter((one) => one.active);
  const good = open.flatMap((one) => one.goods).find((one) => one.id === goodId && offered(one));
  const costs = good === undefined ? 0 : good.points * quantity;
  const short = costs > account.points.available;
  const order = (): void => {
    if (good === undefined) return;
    deed.mutate(
      { do: 'order', goodId: good.id, quantity },
      {
        onSuccess: (orders) => {
          setWaits(orders.some((one) => one.waiting));
          setGoodId(null);
          setQuantity(1);
        },
      },
    );
  };
  return (
    <>
      <div className="part-row">
        <Select<string>
          showSearch
          optionFilterProp="label"
          value={good?.id ?? null}
          className="points-name"
          placeholder={t('pointsPage.goods.pick')}
          aria-label={t('pointsPage.goods.good')}
          onChange={setGoodId}
          options={open.map((partner) => ({
            label: partner.name,
            title: partner.name,
            options: partner.goods.filter(offered).map((one) => ({
              value: one.id,
              label: `${one.name} · ${units(one.points, 'PT')}`,
            })),
          }))}
        />
        <InputNumber
          min={1}
          max={Math.min(99, good?.stock ?? 99)}
          precision={0}
          value={quantity}
          aria-label={t('pointsPage.goods.quantity')}
          onChange={(said) => setQuantity(said ?? 1)}
        />
        {good !== undefined && <span className="num">{t('pointsPage.goods.costs', { many: units(costs, 'PT') })}</span>}
        <Popconfirm
          title={t('pointsPage.goods.orderSure')}
          okText={t('pointsPage.goods.order')}
          cancelText={t('common.cancel')}
          disabled={good === undefined || short}
          onConfirm={order}
        >
          <Button
            type="primary"
            disabled={good === undefined || short}
            loading={deed.isPending}
            data-testid="goods-order"
          >
            {t('pointsPage.goods.order')}
          </Button>
        </Popconfirm>
        {short && <span className="quiet">{t('pointsPage.goods.tooMuch')}</span>}
      </div>
      {deed.isError && <Alert type="error" showIcon title={errorText(deed.error)} />}
      {waits && <Alert type="info" showIcon title={t('pointsPage.goods.waits')} />}
    </>
  );
}
