import { Page } from '../shell/Page';
import { useTranslation } from 'react-i18next';

export function HandoverPage() {
  const { t } = useTranslation();
  return <Page title={t('nav.handover')}>{null}</Page>;
}
