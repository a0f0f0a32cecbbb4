import { PrinterOutlined } from '@ant-design/icons';
import { Alert, Button, Empty, Select, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useParams } from 'react-router';
import { useElderSearch } from '../../api/queries';
import { errorText } from '../../i18n/words';
import { LogSheet } from './LogSheet';
import { useAccessLog } from './queries';

const SPANS = [30, 90, 365, 1825];

/** For her or her daughter, who asks who has looked: to read out, or to print. */
export function ElderLogTab() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { elderId = null } = useParams();
  const [text, setText] = useState('');
  const [days, setDays] = useState(365);
  const hits = useElderSearch(text);
  const log = useAccessLog(elderId, days);
  return (
    <>
      <div className="access-bar">
        <Select
          showSearch={{ filterOption: false, onSearch: setText }}
          style={{ width: 360 }}
          value={null}
          placeholder={t('accessPage.logFind')}
          aria-label={t('accessPage.logFind')}
          loading={hits.isFetching}
          notFoundContent={text === '' ? null : undefined}
          options={(hits.data ?? []).map((hit) => ({
            value: hit.id,
            label: `${hit.name} ${hit.age ?? ''} · ${hit.place} · ${hit.address}`,
          }))}
          onChange={(id: string) => void navigate(`/access/elder/${id}`)}
          data-testid="log-find"
        />
        <Select
          style={{ width: 144 }}
          value={days}
          onChange={setDays}
          aria-label={t('accessPage.logSpan')}
          options={SPANS.map((n) => ({ value: n, label: t('accessPage.logDays', { n }) }))}
        />
        <Button
          type="primary"
          icon={<PrinterOutlined />}
          disabled={log.data === undefined}
          onClick={() => window.print()}
          data-testid="log-print"
        >
          {t('accessPage.logPrint')}
        </Button>
      </div>
      {elderId === null && <Empty description={t('accessPage.logEmpty')} />}
      {elderId !== null && log.isPending && <Skeleton active />}
      {log.isError && <Alert type="error" showIcon title={errorText(log.error)} />}
      {log.data !== undefined && <LogSheet log={log.data} />}
    </>
  );
}
