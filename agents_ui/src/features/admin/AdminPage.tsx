import { Page } from '../shell/Page';
import { useTranslation } from 'react-i18next';

export function AdminPage() {
  const { t } = useTranslation();
  return <Page title={t('nav.admin')}>{null}</Page>;
}
