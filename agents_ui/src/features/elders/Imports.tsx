import { InboxOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Popconfirm, Space, Table, Tag } from 'antd';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { api, unwrap } from '../../api/client';
import { asApiError, type ApiError } from '../../api/errors';
import type { ImportReport, RowProblem } from '../../api/types';
import { useNow } from '../../app/console-context';
import { errorText, lookUp } from '../../i18n/words';
import { moment } from '../../kit/format';
import { fetchFile, sendTable } from './files';

/** Check first, import after: one file at a time, all of it or nothing. */
export function Imports() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const picker = useRef<HTMLInputElement>(null);
  const check = useMutation({
    mutationFn: sendTable,
    onSettled: () => void queries.invalidateQueries({ queryKey: ['imports'] }),
  });
  const settle = useMutation({
    mutationFn: ({ id, rows }: { id: string; rows: 'all' | 'good' | null }) =>
      unwrap(
        rows === null
          ? api.POST('/api/elder-imports/{import_id}/discard', { params: { path: { import_id: id } } })
          : api.POST('/api/elder-imports/{import_id}/commit', { params: { path: { import_id: id } }, body: { rows } }),
      ),
    onSuccess: (report) => {
      if (report.state === 'discarded') check.reset();
      for (const key of ['imports', 'directory', 'duplicates']) void queries.invalidateQueries({ queryKey: [key] });
    },
  });
  const template = useMutation({
    mutationFn: (format: 'xlsx' | 'csv') =>
      fetchFile(`/api/elder-imports/template?format=${format}`, `template.${format}`),
  });
  const report = settle.data?.id === check.data?.id ? (settle.data ?? check.data) : check.data;
  const again = (): void => {
    check.reset();
    settle.reset();
  };
  return (
    <>
      <section className="part">
        <p className="part-intro">{t('eldersPage.import.intro')}</p>
        {report === undefined && (
          <div className="drop">
            <InboxOutlined style={{ fontSize: 32, color: 'var(--quiet)' }} />
            <Space>
              <Button
                type="primary"
                loading={check.isPending}
                onClick={() => picker.current?.click()}
                data-testid="import-choose"
              >
                {t('eldersPage.import.choose')}
              </Button>
              <Button onClick={() => template.mutate('xlsx')} loading={template.isPending}>
                {t('eldersPage.import.template')} XLSX
              </Button>
              <Button onClick={() => template.mutate('csv')}>{t('eldersPage.import.template')} CSV</Button>
            </Space>
            <span className="quiet" role="status">
              {check.isPending
                ? t('eldersPage.import.checking', { name: check.variables.name })
                : t('eldersPage.import.chooseHelp')}
            </span>
            <input
              ref={picker}
              hidden
              type="file"
              accept=".csv,.xlsx"
              aria-label={t('eldersPage.import.choose')}
              data-testid="import-file"
              onChange={(event) => {
                const file = event.target.files?.[0];
                event.target.value = '';
                if (file) check.mutate(file);
              }}
            />
          </div>
        )}
        {check.isError && <Refused error={asApiError(check.error)} />}
        {template.isError && <Alert type="error" showIcon title={errorText(template.error)} />}
        {report !== undefined && (
          <Report
            report={report}
            busy={settle.isPending}
            failure={settle.isError ? settle.error : null}
            onSettle={(rows) => settle.mutate({ id: report.id, rows })}
            onAgain={again}
          />
        )}
      </section>
      <Batches />
    </>
  );
}

function Refused({ error }: { error: ApiError }) {
  const { t } = useTranslation();
  const now = useNow(60_000);
  const { by, at, rows } = error.details;
  const known =
    error.code === 'file_imported'
      ? t('eldersPage.import.knownFile', {
          name: String(by),
          time: moment(Date.parse(String(at)), now),
          count: Number(rows),
        })
      : null;
  return <Alert style={{ marginTop: 12 }} type="error" showIcon title={known ?? errorText(error)} />;
}

interface ReportProps {
  report: ImportReport;
  busy: boolean;
  failure: unknown;
  onSettle: (rows: 'all' | 'good' | null) => void;
  onAgain: () => void;
}

function Report({ report, busy, failure, onSettle, onAgain }: ReportProps) {
  const { t } = useTranslation();
  const clean = report.rows_bad + report.rows_known === 0;
  return (
    <div data-testid="import-report">
      <strong>{report.file_name}</strong>{' '}
      <span className="quiet num">{t('eldersPage.import.rowsTotal', { count: report.rows_total })}</span>
      <div className="counts num">
        <span className="check-ok">{t('eldersPage.import.good', { count: report.rows_good })}</span>
        <span className={report.rows_bad > 0 ? 'check-bad' : 'quiet'}>
          {t('eldersPage.import.bad', { count: report.rows_bad })}
        </span>
        <span className={report.rows_known > 0 ? 'elders-risk' : 'quiet'}>
          {t('eldersPage.import.known', { count: report.rows_known })}
        </span>
      </div>
      {report.state === 'imported' && (
        <Alert type="success" showIcon title={t('eldersPage.import.done', { count: report.rows_good })} />
      )}
      {failure !== null && <Alert type="error" showIcon title={errorText(failure)} />}
      <Space style={{ margin: '12px 0' }}>
        {report.state === 'checked' && (
          <>
            <Popconfirm
              title={t('eldersPage.import.commitSure', { count: report.rows_good })}
              onConfirm={() => onSettle(clean ? 'all' : 'good')}
            >
              <Button type="primary" disabled={report.rows_good === 0} loading={busy} data-testid="import-commit">
                {clean
                  ? t('eldersPage.import.commitAll')
                  : t('eldersPage.import.commitGood', { count: report.rows_good })}
              </Button>
            </Popconfirm>
            <Button onClick={() => onSettle(null)}>{t('eldersPage.import.discard')}</Button>
          </>
        )}
        {report.state === 'imported' && <Button onClick={onAgain}>{t('eldersPage.import.again')}</Button>}
      </Space>
      {report.problems.length === 0 ? (
        <p className="quiet">{t('eldersPage.import.noProblems')}</p>
      ) : (
        <Table<RowProblem & { key: number }>
          size="small"
          dataSource={report.problems.map((problem, key) => ({ ...problem, key }))}
          pagination={{ pageSize: 20, showSizeChanger: false, hideOnSinglePage: true }}
          columns={[
            {
              title: t('eldersPage.import.row'),
              width: 96,
              className: 'num',
              render: (_, one) => (one.row === 1 ? t('eldersPage.import.whole') : one.row),
            },
            { title: t('eldersPage.import.column'), dataIndex: 'column', width: 140 },
            { title: t('eldersPage.import.value'), dataIndex: 'value', width: 200, className: 'num' },
            {
              title: t('eldersPage.import.why'),
              render: (_, one) => (
                <>
                  {one.warning && <Tag>{t('eldersPage.import.warning')}</Tag>}
                  {lookUp(`eldersPage.problem.${one.code}`, { hint: one.hint ?? '' }) ?? one.code}{' '}
                  {one.known_id && <Link to={`/elders/${one.known_id}`}>{t('eldersPage.import.openKnown')}</Link>}
                </>
              ),
            },
          ]}
        />
      )}
      {report.more_problems && <p className="quiet">{t('eldersPage.import.moreProblems')}</p>}
    </div>
  );
}

function Batches() {
  const { t } = useTranslation();
  const now = useNow(60_000);
  const found = useQuery({ queryKey: ['imports'], queryFn: () => unwrap(api.GET('/api/elder-imports')) });
  return (
    <section className="part">
      <h3 className="part-title">{t('eldersPage.import.batches')}</h3>
      {found.isError && <Alert type="error" showIcon title={errorText(found.error)} />}
      {found.data?.length === 0 && <p className="quiet">{t('eldersPage.import.batchesEmpty')}</p>}
      <ol className="lines">
        {found.data?.map((batch) => (
          <li key={batch.id} className="line">
            <span className="num">{moment(Date.parse(batch.settled_at ?? batch.checked_at), now)}</span>
            <span>
              <strong>{batch.file_name}</strong> <Tag>{t(`eldersPage.import.state.${batch.state}`)}</Tag>
              <span className="quiet num">
                {batch.actor_name} · {t('eldersPage.import.rowsTotal', { count: batch.rows_total })} ·{' '}
                {t('eldersPage.import.good', { count: batch.rows_good })}
              </span>
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
