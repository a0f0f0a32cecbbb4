import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Input, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import type { BillPart, BillView, PriceToConfirm } from '../../api/types';
import { errorText } from '../../i18n/words';
import { money, netParts, percentOf } from './money';
import { useBills, usePreview } from './queries';
import './bills.css';

/** The bill of an order, in its detail: each visit's, or who would pay, and a price that waits for somebody (`mayConfirm`: bills:write). */
export function BillParts({ orderId, mayConfirm }: { orderId: string; mayConfirm: boolean }) {
  const { t } = useTranslation();
  const found = useBills(orderId);
  const none = found.data !== undefined && found.data.bills.every((bill) => bill.state === 'reversed');
  const preview = usePreview(orderId, none);
  if (found.isPending) return <Skeleton active paragraph={{ rows: 2 }} />;
  if (found.isError) return <Alert type="warning" showIcon title={errorText(found.error)} />;
  const { bills, price } = found.data;
  return (
    <div className="bill" data-testid="bill">
      {price && <Price orderId={orderId} price={price} mayConfirm={mayConfirm} />}
      {bills.map((bill) => (
        <OneBill key={bill.id} bill={bill} />
      ))}
      {none && preview.data && (
        <section data-testid="bill-preview">
          <h4 className="bill-title">{t('billsPage.bill.preview')}</h4>
          <Parts parts={preview.data.parts} amount={preview.data.amount_fen} />
        </section>
      )}
    </div>
  );
}

function OneBill({ bill }: { bill: BillView }) {
  const { t } = useTranslation();
  const reversed = bill.state === 'reversed';
  const parts = reversed ? bill.parts.filter((part) => part.fen > 0) : netParts(bill.parts);
  return (
    <section className={reversed ? 'bill-reversed' : undefined}>
      <h4 className="bill-title">
        {t('billsPage.bill.title', { day: bill.served_on })}{' '}
        <Tag color={reversed ? 'default' : 'green'}>{t(`billsPage.bill.state.${bill.state}`)}</Tag>
      </h4>
      <Parts parts={parts} amount={bill.amount_fen} />
    </section>
  );
}

function Parts({ parts, amount }: { parts: BillPart[]; amount: number }) {
  const { t } = useTranslation();
  return (
    <table className="bill-table">
      <tbody>
        {parts.map((part) => (
          <tr key={`${part.kind}${part.entitlement_id ?? ''}`}>
            <th scope="row">
              {part.payer || t(`billsPage.kind.${part.kind}`)} <Why part={part} />
            </th>
            <td>{money(part.fen)}</td>
          </tr>
        ))}
        <tr className="bill-sum">
          <th scope="row">{t('billsPage.total')}</th>
          <td>{money(amount)}</td>
        </tr>
      </tbody>
    </table>
  );
}

/** How a part came about, in a few words. */
function Why({ part }: { part: BillPart }) {
  const { t } = useTranslation();
  const { share_bp: share, of_fen: of, limit } = part.why;
  const said: string[] = [];
  if (typeof share === 'number' && typeof of === 'number') {
    said.push(t('billsPage.bill.share', { share: percentOf(share), of: money(of) }));
  }
  if (limit === 'month' || limit === 'job_cap') said.push(t(`billsPage.bill.limit.${limit}`));
  return said.length > 0 ? <span className="quiet">{said.join(' · ')}</span> : null;
}

interface PriceProps {
  orderId: string;
  price: PriceToConfirm;
  mayConfirm: boolean;
}

function Price({ orderId, price, mayConfirm }: PriceProps) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [reason, setReason] = useState('');
  const confirm = useMutation({
    mutationFn: () =>
      unwrap(
        api.POST('/api/orders/{order_id}/confirm-price', {
          params: { path: { order_id: orderId } },
          body: { amount_fen: price.amount_fen, reason },
        }),
      ),
    onSuccess: (fresh) => queries.setQueryData(['bills', orderId], fresh),
  });
  const agreed =
    price.agreed_fen === null
      ? t('billsPage.price.noAgreed')
      : t('billsPage.price.agreed', { sum: money(price.agreed_fen) });
  return (
    <Alert
      type="warning"
      showIcon
      data-testid="price-waits"
      title={t('billsPage.price.title', { sum: money(price.amount_fen) })}
      description={
        <>
          <p>
            {agreed} {t('billsPage.price.dearest', { sum: money(price.dearest_fen), tolerance: price.tolerance })}
          </p>
          {mayConfirm && (
            <div className="bill-row">
              <Input
                value={reason}
                maxLength={200}
                aria-label={t('billsPage.price.reason')}
                placeholder={t('billsPage.price.reason')}
                onChange={(event) => setReason(event.target.value)}
                data-testid="price-reason"
              />
              <Button
                type="primary"
                disabled={reason.trim() === ''}
                loading={confirm.isPending}
                onClick={() => confirm.mutate()}
                data-testid="price-confirm"
              >
                {t('billsPage.price.confirm')}
              </Button>
            </div>
          )}
          {confirm.isError && <p className="bill-bad">{errorText(confirm.error)}</p>}
        </>
      }
    />
  );
}
