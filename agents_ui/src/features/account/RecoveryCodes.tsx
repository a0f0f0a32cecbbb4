import { Alert, Button, Space } from 'antd';
import { useTranslation } from 'react-i18next';

interface Props {
  codes: string[];
  onDone: () => void;
}

/** Shown once: to be written down or printed before going on. */
export function RecoveryCodes({ codes, onDone }: Props) {
  const { t } = useTranslation();
  return (
    <div className="recovery" data-testid="recovery-codes">
      <Alert type="warning" showIcon title={t('accessPage.recoveryTitle')} description={t('accessPage.recoveryHelp')} />
      <ol className="recovery-list num">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ol>
      <Space>
        <Button onClick={() => void navigator.clipboard?.writeText(codes.join('\n'))}>
          {t('accessPage.recoveryCopy')}
        </Button>
        <Button type="primary" onClick={onDone} data-testid="recovery-done">
          {t('accessPage.recoveryDone')}
        </Button>
      </Space>
    </div>
  );
}
