import { ExclamationCircleFilled } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { useLive } from '../../app/console-context';
import './orders.css';

/** How many orders need somebody; opens their list. */
export function QueueOrders() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const count = useLive((state) => Object.values(state.orders).filter((order) => order.attention !== '').length);
  return (
    <section className="panel queue-orders">
      <button
        type="button"
        className="queue-orders-key"
        data-testid="queue-orders"
        onClick={() => void navigate('/jobs?look=pending')}
      >
        {t('ordersPage.board.toDo')}
        {count > 0 ? (
          <span className="age-late num">
            <ExclamationCircleFilled aria-hidden /> {count}
          </span>
        ) : (
          <span className="panel-count num">0</span>
        )}
      </button>
    </section>
  );
}
