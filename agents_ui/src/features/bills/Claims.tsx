import { DownloadOutlined } from '@ant-design/icons';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Drawer, Popconfirm, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import type { ClaimHead, ClaimLine, ClaimView } from '../../api/types';
import { errorText } from '../../i18n/words';
import { money, monthText } from './money';
import { useClaim, useClaims } from './queries';
import { Refuse } from './Refuse';

export function Claims({ month, mayWrite }: { month: string; mayWrite: boolean }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const found = useClaims(month);
  const [opened, setOpened] = useState<string | null>(null);
  const close = useMutation({
    mutationFn: (head: ClaimHead) =>
      unwrap(
        api.POST('/api/claims', {
          body: { kind: head.kind as 'voucher', payer: head.payer, month: monthText(head.month) },
        }),
      ),
    onSuccess: async (made) => {
      await queries.invalidateQueries({ queryKey: ['claims'] });
      setOpened(made.head.id);
    },
  });
  if (found.isPending) return <Skeleton active />;
  if (found.isError) return <Alert type="error" showIcon title={errorText(found.error)} />;
  return (
    <section className="panel bill-panel" data-testid="claims">
      <p className="quiet">{t('billsPage.claim.intro')}</p>
      {close.isError && <Alert type="error" showIcon title={errorText(close.error)} />}
      {found.data.length === 0 ? (
        <div className="panel-empty">{t('billsPage.claim.none')}</div>
      ) : (
        <table className="bill-list">
          <thead>
            <tr>
              <th scope="col">{t('billsPage.field.payer')}</th>
              <th scope="col">{t('billsPage.claim.state')}</th>
              <th scope="col" className="num">
                {t('billsPage.claim.lines')}
              </th>
              <th scope="col" className="num">
                {t('billsPage.claim.total')}
              </th>
              <th scope="col" className="num">
                {t('billsPage.claim.refused')}
              </th>
              <th scope="col" className="num">
                {t('billsPage.claim.paid')}
              </th>
              <td />
            </tr>
          </thead>
          <tbody>
            {found.data.map((head) => (
              <tr key={head.id ?? `open:${head.kind}:${head.payer}`}>
                <th scope="row">
                  {head.payer} <span className="quiet">{t(`billsPage.kind.${head.kind}`)}</span>
                </th>
                <td>
                  <State head={head} />
                </td>
                <td className="num">{head.lines}</td>
                <td className="num">{money(head.total_fen)}</td>
                <td className="num">{head.refused_fen === 0 ? '–' : money(head.refused_fen)}</td>
                <td className="num">{head.paid_fen === null ? '–' : money(head.paid_fen)}</td>
                <td>
                  {head.id !== null ? (
                    <Button size="small" onClick={() => setOpened(head.id)} data-testid="claim-open">
                      {t('billsPage.open')}
                    </Button>
                  ) : (
                    mayWrite && (
                      <Popconfirm
                        title={t('billsPage.claim.closeAsk', { lines: head.lines, sum: money(head.total_fen) })}
                        okText={t('billsPage.claim.close')}
                        cancelText={t('common.cancel')}
                        onConfirm={() => close.mutate(head)}
                      >
                        <Button
                          size="small"
                          disabled={!head.may_close}
                          title={head.may_close ? '' : t('billsPage.claim.notYet')}
                        >
                          {t('billsPage.claim.close')}
                        </Button>
                      </Popconfirm>
                    )
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {opened !== null && <OneClaim id={opened} mayWrite={mayWrite} onClose={() => setOpened(null)} />}
    </section>
  );
}

const COLOURS = { open: 'default', closed: 'blue', sent: 'gold', paid: 'green' } as const;

function State({ head }: { head: ClaimHead }) {
  const { t } = useTranslation();
  return <Tag color={COLOURS[head.state]}>{t(`billsPage.claim.is.${head.state}`)}</Tag>;
}

function OneClaim({ id, mayWrite, onClose }: { id: string; mayWrite: boolean; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const queries = useQueryClient();
  const found = useClaim(id);
  const [refusing, setRefusing] = useState<ClaimLine | null>(null);
  const done = async (fresh: ClaimView): Promise<void> => {
    queries.setQueryData(['claim', id], fresh);
    setRefusing(null);
    await queries.invalidateQueries({ queryKey: ['claims'] });
  };
  const params = { path: { claim_id: id } };
  const send = useMutation({
    mutationFn: (head: ClaimHead) =>
      unwrap(api.POST('/api/claims/{claim_id}/sent', { params, body: { version: head.version } })),
    onSuccess: done,
  });
  const pay = useMutation({
    mutationFn: (head: ClaimHead) =>
      unwrap(
        api.POST('/api/claims/{claim_id}/paid', {
          params,
          body: { version: head.version, paid_fen: head.total_fen - head.refused_fen },
        }),
      ),
    onSuccess: done,
  });
  const refuse = useMutation({
    mutationFn: (body: { version: number; line_id: string; reason: string; again: boolean }) =>
      unwrap(api.POST('/api/claims/{claim_id}/refuse-line', { params, body })),
    onSuccess: done,
  });
  const head = found.data?.head;
  return (
    <Drawer open size={860} title={head ? `${head.payer} · ${monthText(head.month)}` : ''} onClose={onClose}>
      {found.isError && <Alert type="error" showIcon title={errorText(found.error)} />}
      {!found.data || !head ? (
        <Skeleton active />
      ) : (
        <div data-testid="claim">
          <div className="bill-row">
            <State head={head} />
            <strong>{t('billsPage.claim.sum', { lines: head.lines, sum: money(head.total_fen) })}</strong>
            <span className="elders-space" />
            <Button icon={<DownloadOutlined />} href={`/api/claims/${id}/csv?language=${i18n.language}`}>
              CSV
            </Button>
            {mayWrite && head.state === 'closed' && (
              <Button
                type="primary"
                loading={send.isPending}
                onClick={() => send.mutate(head)}
                data-testid="claim-send"
              >
                {t('billsPage.claim.send')}
              </Button>
            )}
            {mayWrite && head.state === 'sent' && (
              <Popconfirm
                title={t('billsPage.claim.payAsk', { sum: money(head.total_fen - head.refused_fen) })}
                okText={t('billsPage.claim.pay')}
                cancelText={t('common.cancel')}
                onConfirm={() => pay.mutate(head)}
              >
                <Button type="primary" loading={pay.isPending}>
                  {t('billsPage.claim.pay')}
                </Button>
              </Popconfirm>
            )}
          </div>
          {[send, pay].map(
            (one, place) => one.isError && <Alert key={place} type="error" title={errorText(one.error)} />,
          )}
          <table className="bill-list">
            <thead>
              <tr>
                <th scope="col">{t('billsPage.claim.order')}</th>
                <th scope="col">{t('billsPage.claim.elder')}</th>
                <th scope="col">{t('billsPage.claim.what')}</th>
                <th scope="col" className="num">
                  {t('billsPage.claim.total')}
                </th>
                <td />
              </tr>
            </thead>
            <tbody>
              {found.data.lines.map((line) => (
                <tr key={line.id}>
                  <th scope="row">
                    {line.order_number}
                    <div className="quiet">{line.served_on}</div>
                  </th>
                  <td>{line.elder_name}</td>
                  <td>
                    {line.items}
                    <div className="quiet">{line.store}</div>
                  </td>
                  <td className="num">{money(line.fen)}</td>
                  <td>
                    {line.refusal ? (
                      <span className="bill-bad">
                        {line.refusal.reason}{' '}
                        <Tag>{t(line.refusal.again ? 'billsPage.claim.again' : 'billsPage.claim.givenUp')}</Tag>
                      </span>
                    ) : (
                      mayWrite &&
                      head.state === 'sent' && (
                        <Button size="small" onClick={() => setRefusing(line)}>
                          {t('billsPage.claim.refuse')}
                        </Button>
                      )
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {refusing && (
            <Refuse
              error={refuse.isError ? errorText(refuse.error) : ''}
              busy={refuse.isPending}
              onClose={() => setRefusing(null)}
              onSave={(reason, again) => refuse.mutate({ version: head.version, line_id: refusing.id, reason, again })}
            />
          )}
        </div>
      )}
    </Drawer>
  );
}
