import { Page } from '../shell/Page';
import { useTranslation } from 'react-i18next';

export function RegionsPage() {
  const { t } = useTranslation();
  return <Page title={t('nav.regions')}>{null}</Page>;
}
