import { Page } from '../shell/Page';
import { useTranslation } from 'react-i18next';

export function FloorPage() {
  const { t } = useTranslation();
  return <Page title={t('nav.floor')}>{null}</Page>;
}
