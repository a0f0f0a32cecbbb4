import { App } from 'antd';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useConsole } from '../../app/console-context';
import { lookUp } from '../../i18n/words';

/** Shows what the desk has to tell, each once. */
export function useNotices(): void {
  const { desk } = useConsole();
  const { message } = App.useApp();
  const { t } = useTranslation();
  useEffect(() => {
    const show = (): void => {
      for (const notice of desk.notices.take()) {
        const text =
          notice.text ??
          lookUp(`notice.${notice.key}`, notice.values) ??
          lookUp(`floorPage.floor.${notice.key}`, notice.values) ??
          notice.key;
        void message.open({ type: notice.kind, content: text, duration: notice.kind === 'error' ? 8 : 5 });
      }
    };
    show();
    return desk.notices.subscribe(show);
  }, [desk, message, t]);
}
