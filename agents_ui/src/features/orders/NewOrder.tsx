import { CloseOutlined } from '@ant-design/icons';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Input, Select } from 'antd';
import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import type { AskedOrder } from '../../api/types';
import { useNow } from '../../app/console-context';
import { drafts } from '../../app/drafts';
import { errorText } from '../../i18n/words';
import {
  askedOf,
  EMPTY_DRAFT,
  orderKey,
  readDraft,
  withItem,
  withQuantity,
  writeDraft,
  type OrderDraft,
} from './draft';
import { ItemSearch, Lines, Usual, WhenField } from './OrderFields';
import { ordering } from './ordering';
import { useCatalog, usePreview, useSuggestions } from './queries';
import { StorePreview } from './StorePreview';
import './orders.css';

interface Props {
  caseId: string;
  communityId: string;
  name: string;
}

/** An order in three clicks: F8, one of her usual services, place. Stands under the elder's head, so that name and dangers stay in sight. */
export function NewOrder({ caseId, communityId, name }: Props) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const minute = useNow(60_000);
  const [draft, setDraft] = useState<OrderDraft>(() => readDraft(drafts.get(orderKey(caseId))));
  useEffect(() => drafts.set(orderKey(caseId), writeDraft(draft)), [caseId, draft]);
  const [whyNot, setWhyNot] = useState('');
  const catalog = useCatalog(communityId);
  const suggestions = useSuggestions(caseId);
  const items = useMemo(() => new Map((catalog.data ?? []).map((item) => [item.code, item])), [catalog.data]);
  const asked = askedOf(draft, minute);
  const preview = usePreview(caseId, asked, whyNot);
  const place = useMutation({
    mutationFn: (order: AskedOrder) =>
      unwrap(api.POST('/api/cases/{case_id}/orders', { params: { path: { case_id: caseId } }, body: order })),
    onSuccess: (order) => {
      drafts.clear(orderKey(caseId));
      setDraft(EMPTY_DRAFT);
      ordering.set(null);
      void queries.invalidateQueries({ queryKey: ['case', caseId] });
      void queries.invalidateQueries({ queryKey: ['case-orders', caseId] });
      void queries.invalidateQueries({ queryKey: ['order-suggestions', caseId] });
      const nobody = order.attention !== '';
      void message[nobody ? 'warning' : 'success'](
        t(nobody ? 'ordersPage.form.placedNobody' : 'ordersPage.form.placed', { number: order.number }),
      );
    },
  });
  const submit = (): void => {
    if (asked !== null && !place.isPending) place.mutate(asked);
  };
  const change = (part: Partial<OrderDraft>): void => {
    place.reset();
    setDraft((now) => ({ ...now, ...part }));
  };
  const add = (code: string): void => {
    place.reset();
    setDraft((now) => withItem(now, code));
  };
  return (
    <section
      className="order-form"
      aria-label={t('ordersPage.form.title')}
      data-testid="order-form"
      onKeyDown={(event) => {
        if (event.key === 'Escape' && !event.defaultPrevented) ordering.set(null);
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit();
      }}
    >
      <header className="order-form-head">
        <h2>{t('ordersPage.form.forWhom', { name })}</h2>
        <Button
          type="text"
          size="small"
          icon={<CloseOutlined />}
          aria-label={t('ordersPage.close')}
          data-testid="order-shut"
          onClick={() => ordering.set(null)}
        />
      </header>
      <div className="order-form-body">
        <div className="order-form-main">
          <Usual suggestions={suggestions.data} chosen={draft} onAdd={add} />
          <ItemSearch items={catalog.data} chosen={draft} onAdd={add} onPlace={submit} />
          {catalog.isError && <Alert type="error" showIcon title={errorText(catalog.error)} />}
          <Lines
            draft={draft}
            items={items}
            onQuantity={(code, quantity) => setDraft((now) => withQuantity(now, code, quantity))}
          />
          <WhenField draft={draft} now={minute} usual={suggestions.data?.usual ?? null} onChange={change} />
          <label className="order-field">
            <span>{t('ordersPage.form.notes')}</span>
            <Input
              value={draft.notes}
              maxLength={500}
              placeholder={t('ordersPage.form.notesHint')}
              data-testid="order-notes"
              onChange={(event) => change({ notes: event.target.value })}
              onPressEnter={submit}
            />
          </label>
          <div className="order-field">
            <span>{t('ordersPage.form.payer')}</span>
            <Select
              value={draft.payer}
              aria-label={t('ordersPage.form.payer')}
              onChange={(payer) => change({ payer })}
              options={[
                { value: 'auto', label: t('ordersPage.form.auto') },
                { value: 'self_pay', label: t('ordersPage.form.selfPay') },
              ]}
            />
          </div>
        </div>
        <StorePreview
          asked={asked !== null}
          hint={draft.lines.length === 0 ? t('ordersPage.form.chooseFirst') : t('ordersPage.form.pickFirst')}
          preview={preview}
          q={whyNot}
          onAsk={setWhyNot}
          store={draft.store}
          onStore={(store) => change({ store })}
        />
      </div>
      <footer className="order-form-foot">
        {place.isError ? (
          <span className="note-error" role="alert">
            {errorText(place.error)}
          </span>
        ) : (
          <span className="quiet">{draft.lines.length > 0 && t('ordersPage.form.kept')}</span>
        )}
        <Button
          type="primary"
          data-testid="order-place"
          disabled={asked === null}
          loading={place.isPending}
          onClick={submit}
        >
          {t('ordersPage.form.place')} <kbd>Ctrl ⏎</kbd>
        </Button>
      </footer>
    </section>
  );
}
