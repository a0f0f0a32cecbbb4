import { PlusOutlined } from '@ant-design/icons';
import { Alert, Button, Input, Modal, Progress, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { EntitlementView, UseView } from '../../api/types';
import { useNow } from '../../app/console-context';
import { errorText } from '../../i18n/words';
import { moment } from '../../kit/format';
import { EntitlementDialog } from './EntitlementDialog';
import { money, percentOf, usedShare } from './money';
import { MonthPicker } from './MonthPicker';
import { useEntitlements, useWithdrawEntitlement } from './queries';
import './bills.css';

/** What others pay for this elder, what is left of the month, and the history of each. */
export function EntitlementsTab({ elderId, mayWrite }: { elderId: string; mayWrite: boolean }) {
  const { t } = useTranslation();
  const [month, setMonth] = useState<string | null>(null);
  const [editing, setEditing] = useState<EntitlementView | 'new' | null>(null);
  const [ending, setEnding] = useState<EntitlementView | null>(null);
  const found = useEntitlements(elderId, month);
  if (found.isPending) return <Skeleton active />;
  if (found.isError) return <Alert type="error" showIcon title={errorText(found.error)} />;
  const { entitlements, uses } = found.data;
  return (
    <>
      <section className="part">
        <div className="part-row">
          <MonthPicker value={found.data.month.slice(0, 7)} onChange={setMonth} />
          <span className="elders-space" />
          {mayWrite && (
            <Button
              type="primary"
              icon={<PlusOutlined />}
              onClick={() => setEditing('new')}
              data-testid="entitlement-add"
            >
              {t('billsPage.entitlement.add')}
            </Button>
          )}
        </div>
        {entitlements.length === 0 && <p className="quiet">{t('billsPage.entitlement.none')}</p>}
        <ul className="lines" data-testid="entitlements">
          {entitlements.map((one) => (
            <li key={one.id} className={one.counts ? 'line line-free' : 'line line-free bill-reversed'}>
              <Terms one={one} />
              <Left one={one} />
              {mayWrite && one.withdrawn_at === null && (
                <div className="part-row">
                  <Button size="small" onClick={() => setEditing(one)}>
                    {t('billsPage.entitlement.change')}
                  </Button>
                  <Button size="small" onClick={() => setEnding(one)}>
                    {t('billsPage.entitlement.withdraw')}
                  </Button>
                </div>
              )}
              <History one={one} />
            </li>
          ))}
        </ul>
      </section>
      <section className="part">
        <h3 className="part-title">{t('billsPage.entitlement.uses')}</h3>
        <Uses uses={uses} />
      </section>
      {editing !== null && (
        <EntitlementDialog
          elderId={elderId}
          known={editing === 'new' ? null : editing}
          onClose={() => setEditing(null)}
        />
      )}
      {ending !== null && <Withdraw elderId={elderId} one={ending} onClose={() => setEnding(null)} />}
    </>
  );
}

function Terms({ one }: { one: EntitlementView }) {
  const { t } = useTranslation();
  const what = [
    ...one.categories.map((key) => t(`billsPage.category.${key}` as 'billsPage.category.repair')),
    ...one.items,
  ];
  const basis =
    one.basis === 'fixed'
      ? t('billsPage.entitlement.fixed', { sum: money(one.fixed_fen ?? 0) })
      : t(`billsPage.entitlement.${one.basis}`, { share: percentOf(one.share_bp ?? 0) });
  return (
    <div>
      <strong>{one.payer}</strong>{' '}
      {t(`billsPage.kind.${one.kind}`) !== one.payer && <Tag>{t(`billsPage.kind.${one.kind}`)}</Tag>}
      {!one.counts && (
        <Tag color="default">
          {t(one.withdrawn_at === null ? 'billsPage.entitlement.notNow' : 'billsPage.entitlement.withdrawn')}
        </Tag>
      )}
      <div>
        {basis}
        {one.job_cap_fen !== null && ` · ${t('billsPage.entitlement.jobCap', { sum: money(one.job_cap_fen) })}`}
        {' · '}
        {what.length === 0 ? t('billsPage.entitlement.everything') : what.join('、')}
      </div>
      <div className="quiet">
        {t('billsPage.entitlement.valid', {
          from: one.valid_from,
          to: one.valid_to ?? t('billsPage.entitlement.withoutEnd'),
        })}
        {one.note && ` · ${one.note}`}
      </div>
    </div>
  );
}

function Left({ one }: { one: EntitlementView }) {
  const { t } = useTranslation();
  const share = usedShare(one);
  const left = one.left_fen ?? null;
  if (share === null || left === null || one.month_cap_fen === null) {
    return <div>{t('billsPage.entitlement.usedOnly', { used: money(one.used_fen) })}</div>;
  }
  const words = t('billsPage.entitlement.left', {
    left: money(left),
    used: money(one.used_fen),
    cap: money(one.month_cap_fen),
  });
  return (
    <div className="bill-left">
      <Progress percent={share} showInfo={false} size="small" aria-label={words} />
      <span>{words}</span>
    </div>
  );
}

function History({ one }: { one: EntitlementView }) {
  const { t } = useTranslation();
  const now = useNow(60_000);
  return (
    <details className="bill-history">
      <summary>{t('billsPage.entitlement.history', { count: one.changes.length })}</summary>
      <ol>
        {one.changes.map((change) => (
          <li key={change.at}>
            <span className="num">{moment(Date.parse(change.at), now)}</span>{' '}
            {t(`billsPage.entitlement.did.${change.kind}` as 'billsPage.entitlement.did.added')}
            {Object.keys(change.fields).length > 0 &&
              t('billsPage.entitlement.fields', {
                fields: Object.keys(change.fields)
                  .map((field) => t(`billsPage.field.${field}` as 'billsPage.field.note'))
                  .join('、'),
              })}
            {change.reason && `:${change.reason}`} <span className="quiet">{change.by}</span>
          </li>
        ))}
      </ol>
    </details>
  );
}

function Uses({ uses }: { uses: UseView[] }) {
  const { t } = useTranslation();
  if (uses.length === 0) return <p className="quiet">{t('billsPage.entitlement.noUses')}</p>;
  return (
    <table className="bill-table" data-testid="entitlement-uses">
      <tbody>
        {uses.map((use) => (
          <tr key={`${use.at}${use.entitlement_id}`}>
            <th scope="row">
              {use.served_on} · {use.order_number} · {use.payer}
              {use.fen < 0 && <Tag>{t('billsPage.entitlement.givenBack')}</Tag>}
            </th>
            <td>{money(use.fen)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Withdraw({ elderId, one, onClose }: { elderId: string; one: EntitlementView; onClose: () => void }) {
  const { t } = useTranslation();
  const [reason, setReason] = useState('');
  const save = useWithdrawEntitlement(elderId, onClose);
  return (
    <Modal
      open
      title={t('billsPage.entitlement.withdrawAsk', { payer: one.payer })}
      okText={t('billsPage.entitlement.withdraw')}
      cancelText={t('common.cancel')}
      onCancel={onClose}
      onOk={() => save.mutate({ id: one.id, version: one.version, reason })}
      okButtonProps={{ disabled: reason.trim() === '', loading: save.isPending }}
    >
      <p>{t('billsPage.entitlement.withdrawHelp')}</p>
      <Input
        value={reason}
        maxLength={200}
        aria-label={t('billsPage.reason')}
        placeholder={t('billsPage.reason')}
        onChange={(event) => setReason(event.target.value)}
      />
      {save.isError && <Alert type="error" showIcon title={errorText(save.error)} />}
    </Modal>
  );
}
