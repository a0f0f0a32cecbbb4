import { GlobalOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { language, setLanguage } from '../../app/preferences';

/** Its label is the other language, in that language. */
export function LanguageSwitch() {
  const { t } = useTranslation();
  return (
    <Button
      type="text"
      data-testid="language-switch"
      icon={<GlobalOutlined />}
      onClick={() => setLanguage(language.get() === 'zh' ? 'en' : 'zh')}
    >
      {t('app.language')}
    </Button>
  );
}
