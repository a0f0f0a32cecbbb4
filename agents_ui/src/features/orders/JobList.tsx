import { Button, Empty } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { OrderView } from '../../api/types';
import { useNow } from '../../app/console-context';
import { Attention, Due, StateTag } from './Due';
import { items, wantedText } from './words';

interface Props {
  orders: readonly OrderView[];
  chosen: string | null;
  pending: boolean;
  filtered: boolean;
  onChoose: (id: string) => void;
}

/** So many rows are drawn at once: three hundred live orders stay quick. */
const PAGE = 50;

export function JobList({ orders, chosen, pending, filtered, onChoose }: Props) {
  const { t } = useTranslation();
  const [page, setFrom] = useState(0);
  const last = Math.max(0, Math.floor((orders.length - 1) / PAGE) * PAGE);
  const from = Math.min(page, last);
  if (orders.length === 0) {
    return (
      <Empty
        className="case-padded"
        image={Empty.PRESENTED_IMAGE_SIMPLE}
        description={
          filtered ? (
            t('ordersPage.board.noneOfThese')
          ) : pending ? (
            <>
              <strong>{t('ordersPage.board.emptyPending')}</strong>
              <p className="quiet">{t('ordersPage.board.emptyPendingHelp')}</p>
            </>
          ) : (
            t('ordersPage.board.empty')
          )
        }
      />
    );
  }
  const shown = orders.slice(from, from + PAGE);
  return (
    <>
      <table className="floor-table jobs-table">
        <thead>
          <tr>
            <th scope="col">{t('ordersPage.board.number')}</th>
            <th scope="col">{t('ordersPage.board.what')}</th>
            <th scope="col">{t('ordersPage.board.who')}</th>
            <th scope="col">{t('ordersPage.board.state')}</th>
            <th scope="col">{t('ordersPage.board.due')}</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((order) => (
            <Row key={order.id} order={order} chosen={order.id === chosen} onChoose={onChoose} />
          ))}
        </tbody>
      </table>
      {orders.length > PAGE && (
        <div className="jobs-pages">
          <Button size="small" disabled={from === 0} onClick={() => setFrom(from - PAGE)}>
            ‹
          </Button>
          <span className="quiet num">
            {t('ordersPage.board.page', {
              from: from + 1,
              to: Math.min(from + PAGE, orders.length),
              count: orders.length,
            })}
          </span>
          <Button size="small" disabled={from >= last} onClick={() => setFrom(from + PAGE)}>
            ›
          </Button>
        </div>
      )}
    </>
  );
}

function Row({ order, chosen, onChoose }: { order: OrderView; chosen: boolean; onChoose: (id: string) => void }) {
  const { t } = useTranslation();
  const now = useNow(60_000);
  return (
    <tr
      className={chosen ? 'jobs-row jobs-row-on' : 'jobs-row'}
      data-testid={`job-${order.number}`}
      onClick={() => onChoose(order.id)}
    >
      <th scope="row">
        <span className={`sev sev-${order.sla_class}`}>{order.sla_class}</span>{' '}
        <button type="button" className="floor-link num" aria-current={chosen} onClick={() => onChoose(order.id)}>
          {order.number}
        </button>
      </th>
      <td>
        {items(order)}
        <div className="quiet num">{wantedText(order, now, t)}</div>
      </td>
      <td>
        {order.elder_name}
        <div className="quiet">{order.place}</div>
      </td>
      <td>
        <StateTag order={order} />
        <div className="quiet">
          {order.store_name !== ''
            ? order.store_name
            : order.asked > 0
              ? t('ordersPage.card.asked', { count: order.asked })
              : ''}
        </div>
      </td>
      <td>
        <Attention order={order} />
        <div>
          <Due order={order} />
        </div>
      </td>
    </tr>
  );
}
