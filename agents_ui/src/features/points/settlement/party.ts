import { useTranslation } from 'react-i18next';
import type { SettlementParty } from '../../../api/types';
import { money } from '../../bills/money';

/** The centre has no name in the books: the reader's language has a word for it. */
export function usePartyName(): (party: SettlementParty) => string {
  const { t } = useTranslation();
  return (party) => (party.holder === 'centre' ? t('pointsPage.settlement.centre') : party.name);
}

/** Above zero it receives, below it pays: said in words, a sign alone is read wrongly. */
export function useNetText(): (fen: number) => string {
  const { t } = useTranslation();
  return (fen) => {
    if (fen === 0) return t('pointsPage.settlement.even');
    return t(fen > 0 ? 'pointsPage.settlement.receives' : 'pointsPage.settlement.pays', { sum: money(Math.abs(fen)) });
  };
}
