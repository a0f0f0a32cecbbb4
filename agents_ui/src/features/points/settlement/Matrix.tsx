import { useTranslation } from 'react-i18next';
import type { SettlementLine } from '../../../api/types';
import { money } from '../../bills/money';
import { units } from '../units';
import { usePartyName } from './party';
import { keyOf } from './queries';

/** Whose points were spent where. */
export function Matrix({ lines }: { lines: SettlementLine[] }) {
  const { t } = useTranslation();
  const nameOf = usePartyName();
  if (lines.length === 0) return null;
  return (
    <section className="part">
      <h3 className="part-title">{t('pointsPage.settlement.matrix')}</h3>
      <table className="points-table" data-testid="settlement-matrix">
        <thead>
          <tr>
            <th scope="col">{t('pointsPage.settlement.issuer')}</th>
            <th scope="col">{t('pointsPage.settlement.redeemer')}</th>
            <th scope="col" className="num">
              {t('pointsPage.settlement.points')}
            </th>
            <th scope="col" className="num">
              {t('pointsPage.settlement.money')}
            </th>
            <th scope="col" className="num">
              {t('pointsPage.settlement.ofFee')}
            </th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <tr key={`${keyOf(line.issuer)}>${keyOf(line.redeemer)}`}>
              <th scope="row">{nameOf(line.issuer)}</th>
              <td>{nameOf(line.redeemer)}</td>
              <td className="num">{units(line.points, 'PT')}</td>
              <td className="num">{money(line.fen)}</td>
              <td className="num">{money(line.fee_fen)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {lines.some((line) => line.points < 0) && <p className="quiet">{t('pointsPage.settlement.backInTime')}</p>}
    </section>
  );
}
