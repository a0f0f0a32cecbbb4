import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Space, Table } from 'antd';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { lookUp } from '../../i18n/words';
import { Failure } from '../admin/Failure';
import { fetchFile } from '../elders/files';
import type { ImportReport } from './queries';

function send(file: File, dryRun: boolean): Promise<ImportReport> {
  return unwrap(
    api.POST('/api/stores/import', {
      params: { query: { dry_run: dryRun } },
      body: file as unknown as string,
      bodySerializer: (body: unknown) => body as Blob,
      headers: { 'Content-Type': 'application/octet-stream' },
    }),
  );
}

/** Looked through first, then all rows or none. */
export function Files() {
  const { me } = useConsole();
  const { t } = useTranslation();
  const queries = useQueryClient();
  const picker = useRef<HTMLInputElement>(null);
  const [file, setFile] = useState<File | null>(null);
  const look = useMutation({ mutationFn: (chosen: File) => send(chosen, true) });
  const take = useMutation({
    mutationFn: (chosen: File) => send(chosen, false),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ['stores'] }),
  });
  const fetch = useMutation({ mutationFn: ({ path, name }: { path: string; name: string }) => fetchFile(path, name) });
  const report = take.data ?? look.data;
  const again = (): void => {
    setFile(null);
    look.reset();
    take.reset();
  };
  return (
    <div className="stores-part">
      {may(me, 'stores:write') && (
        <section>
          <p className="quiet">{t('storesPage.file.intro')}</p>
          <Space>
            <Button
              type="primary"
              loading={look.isPending}
              data-testid="stores-choose"
              onClick={() => picker.current?.click()}
            >
              {t('storesPage.file.choose')}
            </Button>
            <Button onClick={() => fetch.mutate({ path: '/api/stores/template?format=xlsx', name: 'stores.xlsx' })}>
              {t('storesPage.file.template')}
            </Button>
            <Button onClick={() => fetch.mutate({ path: '/api/stores/template?format=csv', name: 'stores.csv' })}>
              {t('storesPage.file.templateCsv')}
            </Button>
          </Space>
          <input
            ref={picker}
            hidden
            type="file"
            accept=".csv,.xlsx"
            aria-label={t('storesPage.file.choose')}
            data-testid="stores-file"
            onChange={(event) => {
              const chosen = event.target.files?.[0];
              event.target.value = '';
              if (!chosen) return;
              take.reset();
              setFile(chosen);
              look.mutate(chosen);
            }}
          />
          <Failure error={look.error ?? take.error} />
          {file !== null && report !== undefined && (
            <Report
              name={file.name}
              report={report}
              busy={take.isPending}
              onTake={() => take.mutate(file)}
              onAgain={again}
            />
          )}
        </section>
      )}
      <section>
        <h3 className="part-title">{t('storesPage.file.out')}</h3>
        <p className="quiet">{t('storesPage.file.outHelp')}</p>
        <Space>
          {(['xlsx', 'csv'] as const).map((format) => (
            <Button
              key={format}
              loading={fetch.isPending}
              onClick={() => fetch.mutate({ path: `/api/stores/export?format=${format}`, name: `stores.${format}` })}
            >
              {t(format === 'xlsx' ? 'storesPage.file.outXlsx' : 'storesPage.file.outCsv')}
            </Button>
          ))}
        </Space>
        <Failure error={fetch.error} />
      </section>
    </div>
  );
}

interface ReportProps {
  name: string;
  report: ImportReport;
  busy: boolean;
  onTake: () => void;
  onAgain: () => void;
}

function Report({ name, report, busy, onTake, onAgain }: ReportProps) {
  const { t } = useTranslation();
  const clean = report.bad.length === 0;
  return (
    <div data-testid="stores-report">
      <p>
        <strong>{name}</strong> <span className="num">{t('storesPage.file.rows', { count: report.rows })}</span>{' '}
        {clean ? (
          <span className="num">
            {t('storesPage.file.added', { count: report.added })} ·{' '}
            {t('storesPage.file.changed', { count: report.changed })} ·{' '}
            {t('storesPage.file.unchanged', { count: report.unchanged })}
          </span>
        ) : (
          <span className="stores-bad">{t('storesPage.file.bad', { count: report.bad.length + report.more_bad })}</span>
        )}
      </p>
      {report.kept ? (
        <Alert type="success" showIcon title={t('storesPage.file.done')} />
      ) : (
        clean &&
        report.added + report.changed > 0 && (
          <Button type="primary" loading={busy} data-testid="stores-import" onClick={onTake}>
            {t('storesPage.file.commit')}
          </Button>
        )
      )}{' '}
      <Button onClick={onAgain}>{t('storesPage.file.again')}</Button>
      {!clean && (
        <Table
          size="small"
          dataSource={report.bad.map((one, key) => ({ ...one, key }))}
          pagination={{ pageSize: 20, showSizeChanger: false, hideOnSinglePage: true }}
          columns={[
            {
              title: t('storesPage.file.row'),
              width: 96,
              className: 'num',
              render: (_, one) => (one.row === 1 ? t('storesPage.file.whole') : one.row),
            },
            { title: t('storesPage.file.column'), dataIndex: 'column', width: 160 },
            { title: t('storesPage.file.value'), dataIndex: 'value', width: 240 },
            {
              title: t('storesPage.file.why'),
              render: (_, one) => lookUp(`storesPage.file.problem.${one.why}`) ?? lookUp(`error.${one.why}`) ?? one.why,
            },
          ]}
        />
      )}
      {report.more_bad > 0 && <p className="quiet">{t('storesPage.file.more', { count: report.more_bad })}</p>}
    </div>
  );
}
