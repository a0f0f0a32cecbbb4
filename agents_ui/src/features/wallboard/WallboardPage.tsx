import { Page } from '../shell/Page';
import { useTranslation } from 'react-i18next';

export function WallboardPage() {
  const { t } = useTranslation();
  return <Page title={t('nav.wallboard')}>{null}</Page>;
}
