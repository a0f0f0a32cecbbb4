import { Page } from '../shell/Page';
import { useTranslation } from 'react-i18next';

export function KnowledgePage() {
  const { t } = useTranslation();
  return <Page title={t('nav.knowledge')}>{null}</Page>;
}
