import { Page } from '../shell/Page';
import { useTranslation } from 'react-i18next';

export function AccountPage() {
  const { t } = useTranslation();
  return <Page title={t('nav.account')}>{null}</Page>;
}
