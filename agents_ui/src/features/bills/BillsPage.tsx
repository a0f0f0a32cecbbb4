import { DownloadOutlined } from '@ant-design/icons';
import { Button, Segmented } from 'antd';
import dayjs from 'dayjs';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { Page } from '../shell/Page';
import { Claims } from './Claims';
import { MonthPicker } from './MonthPicker';
import { Statements } from './Statements';
import '../console/console.css';
import './bills.css';

type Part = 'claims' | 'stores';

/** /bills: what payers are asked for, what stores earn, month by month. */
export function BillsPage() {
  const { me } = useConsole();
  const { t, i18n } = useTranslation();
  const [part, setPart] = useState<Part>('claims');
  const [month, setMonth] = useState(() => dayjs().format('YYYY-MM'));
  return (
    <Page
      title={t('nav.bills')}
      extra={
        <>
          <Segmented<Part>
            value={part}
            onChange={setPart}
            options={[
              { value: 'claims', label: t('billsPage.claims') },
              { value: 'stores', label: t('billsPage.stores') },
            ]}
          />
          <MonthPicker value={month} onChange={setMonth} />
          {part === 'stores' && (
            <Button
              icon={<DownloadOutlined />}
              href={`/api/store-statements/csv?month=${month}&language=${i18n.language}`}
            >
              CSV
            </Button>
          )}
        </>
      }
    >
      {part === 'claims' ? <Claims month={month} mayWrite={may(me, 'bills:write')} /> : <Statements month={month} />}
    </Page>
  );
}
