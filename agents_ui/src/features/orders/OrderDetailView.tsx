import { Alert, Button, Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import type { OrderDetail, OrderOffer } from '../../api/types';
import { useConsole, useNow } from '../../app/console-context';
import { may } from '../../app/session';
import { errorText } from '../../i18n/words';
import { moment } from '../../kit/format';
import { BillParts } from '../bills/BillParts';
import { Attention, Due, StateTag } from './Due';
import { OrderActs, spaced } from './OrderActs';
import { OrderMap, storesOfOrder } from './OrderMap';
import { useOrder } from './queries';
import { distance, gateText, items, say, wantedText, yuan } from './words';
import './orders.css';

/** From the check-out on there is an amount, and somebody pays it. */
const BILLED: ReadonlySet<string> = new Set(['done', 'verified', 'settled', 'disputed']);

interface Props {
  orderId: string;
  /** As the socket told it last: a higher one fetches anew. */
  version: number;
  /** Within its own case nobody needs a way to it. */
  inCase?: boolean;
}

/** One order with all that may be seen of it: who has it and why, what to read to her, what happened, what to do next. */
export function OrderDetailView({ orderId, version, inCase = false }: Props) {
  const { t } = useTranslation();
  const found = useOrder(orderId, version);
  if (found.isPending) return <Skeleton active className="order-detail" />;
  if (found.isError) {
    return (
      <Alert
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
  return <Whole order={found.data} inCase={inCase} />;
}

function Whole({ order, inCase }: { order: OrderDetail; inCase: boolean }) {
  const { desk, me } = useConsole();
  const { t } = useTranslation();
  const navigate = useNavigate();
  const now = useNow(60_000);
  const taken = order.offers.find((offer) => offer.state === 'accepted');
  return (
    <article className="order-detail" aria-label={order.number} data-testid={`order-${order.number}`}>
      <header className="order-detail-head">
        <strong className="num">{order.number}</strong>
        <StateTag order={order} />
        <span className={`sev sev-${order.sla_class}`}>{order.sla_class}</span>
        <Due order={order} />
      </header>
      <Attention order={order} />
      <h3>{items(order)}</h3>
      <p className="num">
        {wantedText(order, now, t)} · {order.full_name || order.elder_name} · {order.address || order.place}
      </p>
      {order.visit > 1 && <p className="age-warn">{t('ordersPage.card.visit', { count: order.visit })}</p>}
      {order.parent_number !== '' && (
        <p className="quiet">{t('ordersPage.card.parent', { number: order.parent_number })}</p>
      )}
      {order.notes !== '' && (
        <p>
          <span className="quiet">{t('ordersPage.card.notes')}</span> {order.notes}
        </p>
      )}
      <OrderActs order={order} />
      {!order.whole && <Alert type="info" showIcon title={t('ordersPage.card.masked')} />}
      {!inCase && (
        <Button
          size="small"
          type="link"
          className="order-to-case"
          onClick={() => {
            desk.focus.openCase(order.case_id);
            void navigate('/');
          }}
        >
          {t('ordersPage.card.case')}
        </Button>
      )}
      <Codes order={order} />
      <dl className="order-facts">
        <Fact name={t('ordersPage.board.store')}>
          {order.store_id === null ? (
            <span className="quiet">
              {order.asked > 0 ? t('ordersPage.card.asked', { count: order.asked }) : t('ordersPage.card.nobody')}
              {order.refusals > 0 && ` · ${t('ordersPage.card.refusals', { count: order.refusals })}`}
            </span>
          ) : (
            <>
              {order.store_name} <span className="num">{order.store_number}</span>
              {order.worker_name !== '' && (
                <div>
                  {t('ordersPage.card.worker', { name: order.worker_name })}{' '}
                  <span className="num">{order.worker_number}</span>
                </div>
              )}
            </>
          )}
        </Fact>
        {taken && (
          <Fact name={t('ordersPage.card.why')}>
            <Why offer={taken} />
          </Fact>
        )}
        {order.override_reason !== '' && (
          <Fact name={t('ordersPage.act.verify')}>
            {t('ordersPage.card.override', { reason: order.override_reason })}
          </Fact>
        )}
        <Fact name={t('ordersPage.card.payer')}>
          {order.is_subsidised ? t('ordersPage.card.subsidised') : t('ordersPage.card.selfPay')}
        </Fact>
        {order.amount_fen !== null && (
          <Fact name={t('ordersPage.card.amount')}>
            <span className="num">{yuan(order.amount_fen)}</span> {order.done_note}
          </Fact>
        )}
        {order.closed_reason !== '' && (
          <Fact name={t('ordersPage.dialog.reason')}>{say('why', order.closed_reason)}</Fact>
        )}
      </dl>
      {order.whole && BILLED.has(order.state) && <BillParts orderId={order.id} mayConfirm={may(me, 'bills:write')} />}
      <Proofs order={order} />
      <OrderMap position={order.position} stores={storesOfOrder(order)} onTheWay={order.state === 'en_route'} small />
      <Offers order={order} />
      <History order={order} />
    </article>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function Codes({ order }: { order: OrderDetail }) {
  const { t } = useTranslation();
  if (order.service_code === '' && order.job_code === '') return null;
  return (
    <div className="order-codes">
      {order.service_code !== '' && (
        <div>
          <span className="quiet">{t('ordersPage.card.code')}</span>
          <strong className="service-code num" data-testid="service-code">
            {spaced(order.service_code)}
          </strong>
          <small className={order.code_locked ? 'age-late' : 'quiet'}>
            {order.code_locked ? t('ordersPage.card.codeLocked') : t('ordersPage.card.codeHelp')}
          </small>
        </div>
      )}
      {order.job_code !== '' && (
        <div>
          <span className="quiet">{t('ordersPage.card.jobCode')}</span>
          <strong className="num">{spaced(order.job_code)}</strong>
        </div>
      )}
    </div>
  );
}

/** As matching decided at that time: its own parts, the heaviest first. */
function Why({ offer }: { offer: OrderOffer }) {
  const { t } = useTranslation();
  const facts = [
    ...(offer.metres === null ? [] : [distance(offer.metres, t)]),
    offer.rating > 0
      ? t('ordersPage.preview.rating', { rating: (offer.rating / 100).toFixed(1) })
      : t('ordersPage.preview.unrated'),
    ...offer.parts
      .filter((part) => part.points > 0 && ['known', 'dialect', 'wanted'].includes(part.name))
      .map((part) =>
        part.name === 'known' ? t('ordersPage.preview.served', { count: Number(part.value) }) : say('part', part.name),
      ),
    ...offer.passed.map((out) => gateText(out)),
  ];
  return <>{facts.join(' · ')}</>;
}

function Proofs({ order }: { order: OrderDetail }) {
  const { t } = useTranslation();
  const now = useNow(60_000);
  if (order.proofs.length === 0 && order.missing.length === 0 && order.photos.length === 0) return null;
  return (
    <section>
      <h4>{t('ordersPage.card.proofs')}</h4>
      {order.missing.length > 0 && (
        <p className="age-late">
          {t('ordersPage.card.missing', { list: order.missing.map((one) => say('missing', one)).join('、') })}
        </p>
      )}
      <ul className="order-list">
        {order.proofs.map((proof) => (
          <li key={`${proof.visit}${proof.phase}${proof.kind}`}>
            <time className="quiet num">{moment(Date.parse(proof.at), now)}</time> {say('phase', proof.phase)} ·{' '}
            {say('proofKind', proof.kind)}
            {proof.metres !== null && ` · ${distance(proof.metres, t)}`}
            {proof.note !== '' && ` · ${proof.note}`}
          </li>
        ))}
      </ul>
      {order.photos.length > 0 && (
        <div className="order-photos">
          {order.photos.map((photo) => {
            const name = t('ordersPage.card.photo', {
              purpose: t(`ordersPage.card.purpose.${photo.purpose as 'in' | 'out' | 'work'}`),
            });
            return (
              <a key={photo.id} href={`/api/orders/${order.id}/photos/${photo.id}`} target="_blank" rel="noreferrer">
                <img src={`/api/orders/${order.id}/photos/${photo.id}`} alt={name} loading="lazy" />
              </a>
            );
          })}
        </div>
      )}
    </section>
  );
}

function Offers({ order }: { order: OrderDetail }) {
  const { t } = useTranslation();
  const now = useNow(60_000);
  if (order.offers.length === 0) return null;
  return (
    <section>
      <h4>{t('ordersPage.card.offers')}</h4>
      <ul className="order-list">
        {order.offers.map((offer) => (
          <li key={offer.id}>
            <time className="quiet num">{moment(Date.parse(offer.offered_at), now)}</time> {offer.store_name} ·{' '}
            <span className={offer.state === 'accepted' ? 'order-yes' : ''}>{say('offerState', offer.state)}</span>
            {offer.reason !== '' && ` (${say('reason', offer.reason)})`}
            {offer.answered_how !== '' && ` · ${say('how', offer.answered_how)}`}
          </li>
        ))}
      </ul>
    </section>
  );
}

function History({ order }: { order: OrderDetail }) {
  const { t } = useTranslation();
  const now = useNow(60_000);
  return (
    <section>
      <h4>{t('ordersPage.card.history')}</h4>
      <ol className="order-list">
        {order.history.map((entry, at) => (
          <li key={`${entry.at}${at}`}>
            <time className="quiet num">{moment(Date.parse(entry.at), now)}</time> {say('history', entry.kind)}
            {entry.actor_name !== '' && <span className="quiet"> {entry.actor_name}</span>}
          </li>
        ))}
      </ol>
    </section>
  );
}
