import { Tag } from 'antd';
import { useTranslation } from 'react-i18next';
import type { StoreState } from './queries';

const COLOURS: Record<StoreState, string> = {
  applied: 'blue',
  admitted: 'green',
  suspended: 'orange',
  left: 'default',
};

export function StateTag({ state }: { state: StoreState }) {
  const { t } = useTranslation();
  return <Tag color={COLOURS[state]}>{t(`storesPage.state.${state}`)}</Tag>;
}

/** Never without how many have rated. */
export function Rating({ rating, count }: { rating: number; count: number }) {
  const { t } = useTranslation();
  if (count === 0) return <span className="quiet">{t('storesPage.notRated')}</span>;
  return <span className="num">{t('storesPage.rated', { score: (rating / 100).toFixed(1), count })}</span>;
}
