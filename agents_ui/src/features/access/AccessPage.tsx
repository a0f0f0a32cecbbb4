import { Page } from '../shell/Page';
import { useTranslation } from 'react-i18next';

export function AccessPage() {
  const { t } = useTranslation();
  return <Page title={t('nav.access')}>{null}</Page>;
}
