import { Page } from '../shell/Page';
import { useTranslation } from 'react-i18next';

export function ReportsPage() {
  const { t } = useTranslation();
  return <Page title={t('nav.reports')}>{null}</Page>;
}
