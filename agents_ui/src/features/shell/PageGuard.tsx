import { Button, Result } from 'antd';
import { Component, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

interface Props {
  children: ReactNode;
}

/** A page that throws takes neither the telephone nor the frame with it. A part that the network did not bring can be asked for again. */
export class PageGuard extends Component<Props, { error: unknown }> {
  override state: { error: unknown } = { error: null };

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }

  override render(): ReactNode {
    return this.state.error === null ? this.props.children : <Failed error={this.state.error} />;
  }
}

function Failed({ error }: { error: unknown }) {
  const { t } = useTranslation();
  const missing = error instanceof TypeError && /import|module/i.test(error.message);
  return (
    <main className="page page-failed">
      <Result
        status="warning"
        title={t('shell.failedTitle')}
        subTitle={missing ? t('shell.offline') : t('shell.failedText')}
        extra={
          <Button type="primary" onClick={() => location.reload()}>
            {t('common.retry')}
          </Button>
        }
      />
    </main>
  );
}
