import { Alert, Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { errorText } from '../../i18n/words';

/** What was refused, in words; nothing when nothing was. */
export function Failure({ error }: { error: unknown }) {
  return error === null || error === undefined ? null : (
    <Alert type="error" showIcon title={errorText(error)} role="alert" />
  );
}

/** A list that did not come: why, and once more. */
export function NotLoaded({ error, again }: { error: unknown; again: () => void }) {
  const { t } = useTranslation();
  return (
    <Alert
      type="warning"
      showIcon
      title={t('adminPage.loadFailed')}
      description={errorText(error)}
      action={<Button onClick={again}>{t('common.retry')}</Button>}
    />
  );
}
