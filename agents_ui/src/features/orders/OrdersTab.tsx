import { PlusOutlined } from '@ant-design/icons';
import { Alert, Button, Empty, Skeleton } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { OrderView } from '../../api/types';
import { useConsole, useLive, useNow } from '../../app/console-context';
import { may } from '../../app/session';
import { errorText } from '../../i18n/words';
import { Attention, Due, StateTag } from './Due';
import { OrderDetailView } from './OrderDetailView';
import { ordering } from './ordering';
import { Plans } from './Plans';
import { useCaseOrders } from './queries';
import { items, wantedText } from './words';
import './orders.css';

/** The orders of one case as cards, the newest first; the one that is open shows all. */
export function OrdersTab({ caseId, open }: { caseId: string; open: boolean }) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const live = useLive((state) => state.orders);
  const mine = useMemo(() => Object.values(live).filter((order) => order.case_id === caseId), [live, caseId]);
  const heard = mine.map((order) => `${order.id}:${order.version}`).join();
  const found = useCaseOrders(caseId, heard);
  const [chosen, setChosen] = useState<string | null>(null);
  const orders = (found.data ?? []).map((order) => live[order.id] ?? order);
  const shown = chosen ?? orders[0]?.id ?? null;
  if (found.isError) {
    return (
      <Alert
        className="case-padded"
        type="warning"
        showIcon
        title={errorText(found.error)}
        action={
          <Button size="small" onClick={() => void found.refetch()}>
            {t('common.retry')}
          </Button>
        }
      />
    );
  }
  if (found.isPending) return <Skeleton active className="case-padded" />;
  return (
    <div className="orders-tab">
      {orders.length === 0 ? (
        <Empty
          image={Empty.PRESENTED_IMAGE_SIMPLE}
          description={
            <>
              <strong>{t('ordersPage.card.none')}</strong>
              <p className="quiet">{t('ordersPage.card.noneHelp')}</p>
            </>
          }
        >
          {open && may(me, 'orders:write') && (
            <Button type="primary" icon={<PlusOutlined />} onClick={() => ordering.set(caseId)}>
              {t('ordersPage.openKey')}
            </Button>
          )}
        </Empty>
      ) : (
        orders.map((order) =>
          order.id === shown ? (
            <div key={order.id} className="order-card order-card-open">
              <OrderDetailView orderId={order.id} version={order.version} inCase />
            </div>
          ) : (
            <OrderCard key={order.id} order={order} onOpen={() => setChosen(order.id)} />
          ),
        )
      )}
      <Plans caseId={caseId} />
    </div>
  );
}

function OrderCard({ order, onOpen }: { order: OrderView; onOpen: () => void }) {
  const { t } = useTranslation();
  const now = useNow(60_000);
  return (
    <button type="button" className="order-card" data-testid={`order-card-${order.number}`} onClick={onOpen}>
      <span className="order-detail-head">
        <span className="num">{order.number}</span>
        <StateTag order={order} />
        <Due order={order} />
      </span>
      <strong>{items(order)}</strong>
      <span className="quiet num">
        {wantedText(order, now, t)} · {order.store_name || t('ordersPage.card.nobody')}
      </span>
      <Attention order={order} />
    </button>
  );
}
