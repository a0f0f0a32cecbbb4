import type { UseQueryResult } from '@tanstack/react-query';
import { Alert, Button, Input, Spin } from 'antd';
import { useTranslation } from 'react-i18next';
import type { OrderPreview, StoreChoice } from '../../api/types';
import { useNow } from '../../app/console-context';
import { errorText } from '../../i18n/words';
import { OrderMap, storesOf } from './OrderMap';
import { gateText, shortTime, whyStore, yuan } from './words';

interface Props {
  /** Something has been chosen that can be asked about. */
  asked: boolean;
  hint: string;
  preview: UseQueryResult<OrderPreview>;
  q: string;
  onAsk: (q: string) => void;
  store: string | null;
  onStore: (id: string | null) => void;
}

const SHOWN = 3;

/** Who will be asked and why, what it costs, and why another store is not among them. */
export function StorePreview({ asked, hint, preview, q, onAsk, store, onStore }: Props) {
  const { t } = useTranslation();
  const found = preview.data;
  return (
    <div className="order-preview" aria-live="polite" data-testid="order-preview">
      {!asked ? (
        <p className="quiet">{hint}</p>
      ) : preview.isError ? (
        <Alert type="error" showIcon title={errorText(preview.error)} />
      ) : found === undefined ? (
        <Spin description={t('ordersPage.preview.looking')}>
          <div className="order-preview-wait" />
        </Spin>
      ) : (
        <>
          <Head found={found} />
          <ol className="store-list">
            {found.ranked.slice(0, SHOWN).map((one) => (
              <StoreLine
                key={one.store_id}
                store={one}
                wanted={store === one.store_id}
                onWant={(yes) => onStore(yes ? one.store_id : null)}
              />
            ))}
          </ol>
          {found.position !== null && found.ranked.length > 0 && (
            <OrderMap position={found.position} stores={storesOf(found.ranked.slice(0, 5))} small />
          )}
          <Input
            size="small"
            allowClear
            value={q}
            maxLength={60}
            placeholder={t('ordersPage.preview.whySearch')}
            aria-label={t('ordersPage.preview.why')}
            data-testid="order-why-not"
            onChange={(event) => onAsk(event.target.value)}
          />
          {q.trim() !== '' && (
            <ul className="store-list">
              {found.found.map((one) => (
                <StoreLine
                  key={one.store_id}
                  store={one}
                  wanted={store === one.store_id}
                  onWant={(yes) => onStore(yes ? one.store_id : null)}
                />
              ))}
              {found.found.length === 0 && !preview.isFetching && (
                <li className="quiet">{t('ordersPage.preview.notFound')}</li>
              )}
            </ul>
          )}
          {found.out_count > 0 && q.trim() === '' && (
            <p className="quiet order-out">
              {t('ordersPage.preview.outCount', { count: found.out_count })}{' '}
              {Object.entries(found.gates)
                .map(([gate, count]) => `${gateText({ gate, what: '' })} ${count}`)
                .join(' · ')}
            </p>
          )}
        </>
      )}
    </div>
  );
}

function Head({ found }: { found: OrderPreview }) {
  const { t } = useTranslation();
  const now = useNow(60_000);
  const first = found.ranked[0];
  if (first === undefined) {
    return (
      <Alert
        type="warning"
        showIcon
        title={t('ordersPage.preview.nobody')}
        description={t('ordersPage.preview.nobodyHelp')}
      />
    );
  }
  const { price_min_fen: from, price_max_fen: to } = found;
  return (
    <div className="order-preview-head">
      <strong>
        {found.asks > 1
          ? t('ordersPage.preview.asksMany', { asks: found.asks, count: found.ranked_count })
          : t('ordersPage.preview.asksOne', { name: first.name, count: found.ranked_count })}
      </strong>
      <span className="num" data-testid="order-price">
        {from !== null &&
          to !== null &&
          (from === to
            ? t('ordersPage.preview.price', { price: yuan(from) })
            : t('ordersPage.preview.priceRange', { from: yuan(from), to: yuan(to) }))}
      </span>
      <span className="quiet num">
        {found.waits_until !== null
          ? t('ordersPage.preview.waits', { time: shortTime(Date.parse(found.waits_until), now) })
          : t('ordersPage.preview.accept', { time: shortTime(Date.parse(found.accept_by), now) })}
        {' · '}
        {t('ordersPage.preview.arrive', { time: shortTime(Date.parse(found.arrive_by), now) })}
      </span>
    </div>
  );
}

interface LineProps {
  store: StoreChoice;
  wanted?: boolean;
  onWant?: (yes: boolean) => void;
}

/** One store in the few words that count. */
export function StoreLine({ store, wanted = false, onWant }: LineProps) {
  const { t } = useTranslation();
  const isOut = store.out.length > 0;
  return (
    <li className={isOut ? 'store-line store-out' : 'store-line'} data-testid={`store-${store.store_id}`}>
      <span className="store-rank num" aria-hidden>
        {store.rank ?? '×'}
      </span>
      <span className="store-what">
        <strong>{store.name}</strong>
        {store.price_fen !== null && !isOut && <span className="num"> {yuan(store.price_fen)}</span>}
        <span className="quiet">
          {isOut
            ? t('ordersPage.preview.out', { why: store.out.map(gateText).join('、') })
            : whyStore(store, t).join(' · ')}
        </span>
      </span>
      {onWant && !isOut && (
        <Button size="small" type={wanted ? 'primary' : 'text'} aria-pressed={wanted} onClick={() => onWant(!wanted)}>
          {t('ordersPage.preview.want')}
        </Button>
      )}
    </li>
  );
}
