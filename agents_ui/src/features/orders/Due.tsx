import { CheckCircleOutlined, ClockCircleOutlined, ExclamationCircleFilled } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import type { OrderView } from '../../api/types';
import { useNow } from '../../app/console-context';
import { dueText, say } from './words';

const SIGN = {
  fresh: <CheckCircleOutlined aria-hidden />,
  near: <ClockCircleOutlined aria-hidden />,
  late: <ExclamationCircleFilled aria-hidden />,
  none: null,
};

/** The clock to the next deadline: green, amber, red, each with a sign of its own. */
export function Due({ order }: { order: OrderView }) {
  const { t } = useTranslation();
  const now = useNow();
  const { age, text } = dueText(order, now, t);
  if (text === '') return null;
  return (
    <span className={`due due-${age} num`} data-age={age}>
      {SIGN[age]} {text}
    </span>
  );
}

export function StateTag({ order }: { order: Pick<OrderView, 'state' | 'attention'> }) {
  return (
    <span className={`tone ${TONES[order.state] ?? ''}`} data-testid="order-state" data-state={order.state}>
      {say('state', order.state)}
    </span>
  );
}

const TONES: Partial<Record<OrderView['state'], string>> = {
  requested: 'tone-due',
  offered: 'tone-due',
  accepted: 'tone-me',
  en_route: 'tone-me',
  in_service: 'tone-me',
  verified: 'tone-ok',
  settled: 'tone-ok',
  rejected: 'tone-late',
  expired: 'tone-late',
  no_answer: 'tone-late',
  disputed: 'tone-ask',
  rework: 'tone-ask',
};

export function Attention({ order }: { order: Pick<OrderView, 'attention'> }) {
  if (order.attention === '') return null;
  return (
    <span className="attention" data-testid="order-attention">
      <ExclamationCircleFilled aria-hidden /> {say('attention', order.attention)}
    </span>
  );
}
