import { DownloadOutlined, FilePdfOutlined } from '@ant-design/icons';
import { Alert, Button, Drawer, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Sums } from '../../api/types';
import { errorText } from '../../i18n/words';
import { money } from './money';
import { useStatement, useStatements } from './queries';

const KINDS = ['care_insurance', 'subsidy', 'voucher', 'points', 'self_pay'] as const;

export function Statements({ month }: { month: string }) {
  const { t } = useTranslation();
  const found = useStatements(month);
  const [opened, setOpened] = useState<string | null>(null);
  if (found.isPending) return <Skeleton active />;
  if (found.isError) return <Alert type="error" showIcon title={errorText(found.error)} />;
  return (
    <section className="panel bill-panel" data-testid="statements">
      <p className="quiet">{t('billsPage.statement.intro')}</p>
      {found.data.stores.length === 0 ? (
        <div className="panel-empty">{t('billsPage.statement.none')}</div>
      ) : (
        <table className="bill-list">
          <thead>
            <tr>
              <th scope="col">{t('billsPage.statement.store')}</th>
              <th scope="col" className="num">
                {t('billsPage.statement.orders')}
              </th>
              <th scope="col" className="num">
                {t('billsPage.statement.amount')}
              </th>
              <th scope="col" className="num">
                {t('billsPage.statement.atDoor')}
              </th>
              <th scope="col" className="num">
                {t('billsPage.statement.fromCentre')}
              </th>
              <th scope="col" className="num">
                {t('billsPage.statement.fee')}
              </th>
              <th scope="col" className="num">
                {t('billsPage.statement.transfer')}
              </th>
              <td />
            </tr>
          </thead>
          <tbody>
            {found.data.stores.map((line) => (
              <tr key={line.store_id}>
                <th scope="row">
                  {line.store} <span className="quiet">{line.store_code}</span>
                </th>
                <Money sums={line.sums} />
                <td>
                  <Button size="small" onClick={() => setOpened(line.store_id)} data-testid="statement-open">
                    {t('billsPage.open')}
                  </Button>
                </td>
              </tr>
            ))}
            <tr className="bill-sum">
              <th scope="row">{t('billsPage.total')}</th>
              <Money sums={found.data.sums} />
              <td />
            </tr>
          </tbody>
        </table>
      )}
      {opened !== null && <OneStatement storeId={opened} month={month} onClose={() => setOpened(null)} />}
    </section>
  );
}

function Money({ sums }: { sums: Sums }) {
  return (
    <>
      <td className="num">{sums.orders}</td>
      {[sums.amount_fen, sums.at_door_fen, sums.from_centre_fen, sums.fee_fen, sums.transfer_fen].map((fen, place) => (
        <td key={place} className="num">
          {money(fen)}
        </td>
      ))}
    </>
  );
}

function OneStatement({ storeId, month, onClose }: { storeId: string; month: string; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const found = useStatement(storeId, month);
  const file = (kind: string): string =>
    `/api/store-statements/${storeId}/${kind}?month=${month}&language=${i18n.language}`;
  const kinds = KINDS.filter((kind) => found.data?.lines.some((line) => line.by_kind[kind]));
  return (
    <Drawer open size={860} title={found.data ? `${found.data.store} · ${month}` : ''} onClose={onClose}>
      {found.isError && <Alert type="error" showIcon title={errorText(found.error)} />}
      {!found.data ? (
        <Skeleton active />
      ) : (
        <div data-testid="statement">
          <div className="bill-row">
            <strong>{t('billsPage.statement.sum', { transfer: money(found.data.sums.transfer_fen) })}</strong>
            {!found.data.complete && <span className="quiet">{t('billsPage.statement.notYet')}</span>}
            <span className="elders-space" />
            <Button icon={<DownloadOutlined />} href={file('csv')}>
              CSV
            </Button>
            <Button icon={<FilePdfOutlined />} href={file('pdf')}>
              PDF
            </Button>
          </div>
          <table className="bill-list">
            <thead>
              <tr>
                <th scope="col">{t('billsPage.claim.order')}</th>
                <th scope="col">{t('billsPage.claim.what')}</th>
                <th scope="col" className="num">
                  {t('billsPage.statement.amount')}
                </th>
                {kinds.map((kind) => (
                  <th key={kind} scope="col" className="num">
                    {t(`billsPage.kind.${kind}`)}
                  </th>
                ))}
                <th scope="col" className="num">
                  {t('billsPage.statement.fee')}
                </th>
              </tr>
            </thead>
            <tbody>
              {found.data.lines.map((line) => (
                <tr key={`${line.bill_id}${line.reversal}`}>
                  <th scope="row">
                    {line.order_number} {line.reversal && <Tag>{t('billsPage.statement.reversal')}</Tag>}
                    <div className="quiet">{line.served_on}</div>
                  </th>
                  <td>{line.items}</td>
                  <td className="num">{money(line.amount_fen)}</td>
                  {kinds.map((kind) => (
                    <td key={kind} className="num">
                      {money(line.by_kind[kind] ?? 0)}
                    </td>
                  ))}
                  <td className="num">{money(line.fee_fen)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Drawer>
  );
}
