import { useMutation } from '@tanstack/react-query';
import { Alert, App, Input, Modal, Radio, Spin } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { asApiError } from '../../api/errors';
import type { OrderDetail, StoreChoice } from '../../api/types';
import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { errorText } from '../../i18n/words';
import { phoneNumber } from '../../kit/format';
import { useRefreshed } from './OrderActs';
import { useChoices } from './queries';
import { gateText, say, whyStore, yuan } from './words';

/** A person chooses the store: one that she has telephoned with, or that is to be asked alone. */
export function AssignDialog({ order, onClose }: { order: OrderDetail; onClose: () => void }) {
  const { me } = useConsole();
  const { t } = useTranslation();
  const { message } = App.useApp();
  const refreshed = useRefreshed();
  const [q, setQ] = useState('');
  const [chosen, setChosen] = useState<StoreChoice | null>(null);
  const [agreed, setAgreed] = useState(true);
  const [reason, setReason] = useState('');
  const found = useChoices(order.id, q);
  const opens = may(me, 'gates:open');
  const isOut = chosen !== null && chosen.out.length > 0;
  const assign = useMutation({
    mutationFn: (store: StoreChoice) =>
      unwrap(
        api.POST('/api/orders/{order_id}/assign', {
          params: { path: { order_id: order.id } },
          body: { version: order.version, store_id: store.store_id, agreed, reason: reason.trim() },
        }),
      ),
    onSuccess: (after) => {
      refreshed(after, order.case_id);
      void message.success(`${say('act', 'assign')} · ${chosen?.name ?? ''}`);
      onClose();
    },
    onError: (error) => {
      if (asApiError(error).code === 'order_changed') refreshed(null, order.case_id);
    },
  });
  const blocked = chosen === null || (isOut && (!opens || !chosen.passable || reason.trim() === ''));
  const list = (label: string, stores: readonly StoreChoice[]) =>
    stores.length > 0 && (
      <fieldset className="store-choice">
        <legend>{label}</legend>
        {stores.map((one) => (
          <StoreRow key={one.store_id} store={one} chosen={chosen?.store_id === one.store_id} onChoose={setChosen} />
        ))}
      </fieldset>
    );
  return (
    <Modal
      open
      width={640}
      title={`${say('act', 'assign')} · ${order.number}`}
      okText={say('act', 'assign')}
      okButtonProps={{ disabled: blocked, loading: assign.isPending, 'data-testid': 'act-ok' } as never}
      onOk={() => chosen !== null && assign.mutate(chosen)}
      onCancel={onClose}
    >
      <div className="move-form">
        <Input
          allowClear
          autoFocus
          value={q}
          maxLength={60}
          placeholder={t('ordersPage.dialog.search')}
          aria-label={t('ordersPage.dialog.search')}
          data-testid="assign-search"
          onChange={(event) => setQ(event.target.value)}
        />
        <div className="store-choices">
          {found.isPending && <Spin />}
          {found.isError && <Alert type="error" showIcon title={errorText(found.error)} />}
          {found.data && q.trim() !== '' && list(t('ordersPage.dialog.found'), found.data.found)}
          {found.data && q.trim() !== '' && found.data.found.length === 0 && (
            <p className="quiet">{t('ordersPage.preview.notFound')}</p>
          )}
          {found.data && q.trim() === '' && list(t('ordersPage.dialog.canDo'), found.data.ranked)}
          {found.data && q.trim() === '' && list(t('ordersPage.dialog.cannot'), found.data.out)}
        </div>
        <Radio.Group value={agreed} onChange={(event) => setAgreed(Boolean(event.target.value))}>
          <Radio value>{t('ordersPage.dialog.agreed')}</Radio>
          <Radio value={false}>{t('ordersPage.dialog.offer')}</Radio>
        </Radio.Group>
        {isOut && !chosen.passable && <Alert type="error" showIcon title={t('ordersPage.dialog.gateNobody')} />}
        {isOut && chosen.passable && !opens && (
          <Alert type="warning" showIcon title={t('ordersPage.dialog.gateAgent')} />
        )}
        {isOut && chosen.passable && opens && (
          <label>
            {t('ordersPage.dialog.gateReason')}
            <Input.TextArea
              rows={2}
              maxLength={500}
              value={reason}
              data-testid="act-reason"
              onChange={(event) => setReason(event.target.value)}
            />
          </label>
        )}
        {assign.isError && <Alert type="error" showIcon title={errorText(assign.error)} />}
      </div>
    </Modal>
  );
}

interface RowProps {
  store: StoreChoice;
  chosen: boolean;
  onChoose: (store: StoreChoice) => void;
}

function StoreRow({ store, chosen, onChoose }: RowProps) {
  const { t } = useTranslation();
  return (
    <label className={chosen ? 'store-row store-row-on' : 'store-row'} data-testid={`assign-${store.store_id}`}>
      <input type="radio" name="store" checked={chosen} onChange={() => onChoose(store)} />
      <span className="store-what">
        <strong>{store.name}</strong>
        {store.price_fen !== null && <span className="num"> {yuan(store.price_fen)}</span>}
        {store.open_offer && <span className="tone tone-due">{t('ordersPage.dialog.thinking')}</span>}
        {store.declined && <span className="tone">{t('ordersPage.dialog.declined')}</span>}
        <span className="quiet">
          {store.out.length > 0
            ? t('ordersPage.preview.out', { why: store.out.map(gateText).join('、') })
            : whyStore(store, t).join(' · ')}
        </span>
      </span>
      <span className="num store-tel">{phoneNumber(store.number)}</span>
    </label>
  );
}
