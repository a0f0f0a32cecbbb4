import { Page } from '../shell/Page';
import { useTranslation } from 'react-i18next';

export function EldersPage() {
  const { t } = useTranslation();
  return <Page title={t('nav.elders')}>{null}</Page>;
}
