import { ArrowLeftOutlined, FilePdfOutlined, PrinterOutlined } from '@ant-design/icons';
import { Alert, Button, Skeleton } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { errorText } from '../../i18n/words';
import { Page } from './Page';
import './paper.css';

interface PaperPageProps<T> {
  title: string;
  onBack: () => void;
  /** Where the same comes as a file; the language is added. */
  pdf: string;
  testId: string;
  query: { data: T | undefined; error: Error | null };
  children: (data: T) => ReactNode;
}

/** Something that is also paper: a page with the keys to print it and to fetch its PDF. What is printed is the `.paper` in it, and nothing else. */
export function PaperPage<T>({ title, onBack, pdf, testId, query, children }: PaperPageProps<T>) {
  const { t, i18n } = useTranslation();
  const ready = query.data !== undefined;
  return (
    <Page
      title={
        <Button type="text" icon={<ArrowLeftOutlined />} onClick={onBack}>
          {title}
        </Button>
      }
      extra={
        <>
          <Button icon={<PrinterOutlined />} disabled={!ready} onClick={() => window.print()}>
            {t('safetyPage.print')}
          </Button>
          <Button
            type="primary"
            icon={<FilePdfOutlined />}
            disabled={!ready}
            href={`${pdf}?language=${i18n.language}`}
            data-testid={testId}
          >
            PDF
          </Button>
        </>
      }
    >
      {query.error !== null && <Alert type="warning" showIcon title={errorText(query.error)} />}
      {query.data === undefined && query.error === null && <Skeleton active paragraph={{ rows: 12 }} />}
      {query.data !== undefined && children(query.data)}
    </Page>
  );
}
