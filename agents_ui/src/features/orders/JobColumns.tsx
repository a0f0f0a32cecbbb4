import { Button } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { OrderState, OrderView } from '../../api/types';
import { inColumns } from './board';
import { Attention, Due } from './Due';
import { items, say } from './words';

const FIRST = 20;

interface Props {
  orders: readonly OrderView[];
  chosen: string | null;
  onChoose: (id: string) => void;
}

export function JobColumns({ orders, chosen, onChoose }: Props) {
  const columns = useMemo(() => inColumns(orders), [orders]);
  return (
    <div className="job-columns">
      {columns.map(({ key, orders: here }) => (
        <Column key={key} state={key} orders={here} chosen={chosen} onChoose={onChoose} />
      ))}
    </div>
  );
}

function Column({ state, orders, chosen, onChoose }: Props & { state: OrderState }) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(FIRST);
  return (
    <section className="job-column" aria-label={say('state', state)}>
      <h3>
        {say('state', state)} <span className="quiet num">{orders.length}</span>
      </h3>
      <div className="job-column-body">
        {orders.slice(0, shown).map((order) => (
          <button
            key={order.id}
            type="button"
            className={order.id === chosen ? 'order-card job-card order-card-on' : 'order-card job-card'}
            aria-current={order.id === chosen}
            onClick={() => onChoose(order.id)}
          >
            <span className="order-detail-head">
              <span className={`sev sev-${order.sla_class}`}>{order.sla_class}</span>
              <strong className="ellipsis">{items(order)}</strong>
            </span>
            <span className="quiet">
              {order.elder_name} · {order.place}
            </span>
            <Attention order={order} />
            <Due order={order} />
          </button>
        ))}
        {orders.length > shown && (
          <Button size="small" onClick={() => setShown(shown + FIRST)}>
            {t('ordersPage.board.more', { count: Math.min(FIRST, orders.length - shown) })}
          </Button>
        )}
      </div>
    </section>
  );
}
