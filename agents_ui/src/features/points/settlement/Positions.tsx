import { DownloadOutlined, FilePdfOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Settlement, SettlementPosition } from '../../../api/types';
import { useConsole } from '../../../app/console-context';
import { may } from '../../../app/session';
import { money } from '../../bills/money';
import { Pass } from './Pass';
import { useNetText, usePartyName } from './party';
import { keyOf } from './queries';

/** What each of them owes, is owed, and has to pay or receive for everything together; its statement to take away. */
export function Positions({ month, settlement }: { month: string; settlement: Settlement }) {
  const { t } = useTranslation();
  const [passing, setPassing] = useState<SettlementPosition | null>(null);
  const { id, positions } = settlement;
  return (
    <section className="part">
      <h3 className="part-title">{t('pointsPage.settlement.parties')}</h3>
      {positions.length === 0 && <p className="quiet">{t('pointsPage.settlement.noParties')}</p>}
      {positions.length > 0 && (
        <table className="points-table" data-testid="settlement-positions">
          <thead>
            <tr>
              <th scope="col">{t('pointsPage.settlement.party')}</th>
              {(['isOwed', 'ofFee', 'owes', 'net'] as const).map((key) => (
                <th key={key} scope="col" className="num">
                  {t(`pointsPage.settlement.${key}`)}
                </th>
              ))}
              <th scope="col">{t('pointsPage.settlement.payment')}</th>
              <th scope="col">{t('pointsPage.settlement.statement')}</th>
            </tr>
          </thead>
          <tbody>
            {positions.map((one) => (
              <Line
                key={keyOf(one.party)}
                one={one}
                month={month}
                closed={id !== null}
                onPass={() => setPassing(one)}
              />
            ))}
          </tbody>
        </table>
      )}
      {passing !== null && id !== null && (
        <Pass settlementId={id} position={passing} first={settlement.month} onClose={() => setPassing(null)} />
      )}
    </section>
  );
}

interface Props {
  one: SettlementPosition;
  month: string;
  closed: boolean;
  onPass: () => void;
}

function Line({ one, month, closed, onPass }: Props) {
  const { me } = useConsole();
  const { t, i18n } = useTranslation();
  const name = usePartyName()(one.party);
  const netText = useNetText();
  const file = (kind: string): string => {
    const asked = new URLSearchParams({ month, holder: one.party.holder, language: i18n.language });
    if (one.party.id !== null) asked.set('party_id', one.party.id);
    return `/api/points/settlements/statement/${kind}?${asked.toString()}`;
  };
  const label = (kind: string): string => t('pointsPage.settlement.file', { name, kind });
  return (
    <tr data-testid="settlement-position">
      <th scope="row">{name}</th>
      <td className="num">{money(one.redeemed_fen)}</td>
      <td className="num">{money(one.fee_fen)}</td>
      <td className="num">{money(one.issued_fen)}</td>
      <td className="num points-plus">{netText(one.net_fen)}</td>
      <td>
        {one.payment !== null && (
          <>
            {t('pointsPage.settlement.recorded', { day: one.payment.paid_on, by: one.payment.recorded_by })}
            {one.payment.reference !== '' && <div className="quiet">{one.payment.reference}</div>}
          </>
        )}
        {one.payment === null && closed && one.net_fen !== 0 && may(me, 'points:write') && (
          <Button size="small" onClick={onPass} aria-label={t('pointsPage.settlement.recordOf', { name })}>
            {t('pointsPage.settlement.record')}
          </Button>
        )}
      </td>
      <td>
        <span className="points-files">
          <Button size="small" icon={<DownloadOutlined />} href={file('csv')} aria-label={label('CSV')}>
            CSV
          </Button>
          <Button size="small" icon={<FilePdfOutlined />} href={file('pdf')} aria-label={label('PDF')}>
            PDF
          </Button>
        </span>
      </td>
    </tr>
  );
}
