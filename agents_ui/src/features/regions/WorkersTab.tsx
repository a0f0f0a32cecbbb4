import { PlusOutlined, UploadOutlined } from '@ant-design/icons';
import { Alert, Button, Empty, Input, Skeleton, Table } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { errorText } from '../../i18n/words';
import { ImportWorkers } from './ImportWorkers';
import { useRegions, useWorkers, type WorkerView } from './queries';
import { placeOf } from './tree';
import { WorkerDialog } from './WorkerDialog';

export function WorkersTab() {
  const { me } = useConsole();
  const { t } = useTranslation();
  const workers = useWorkers();
  const regions = useRegions();
  const [text, setText] = useState('');
  const [editing, setEditing] = useState<WorkerView | 'new' | null>(null);
  const [importing, setImporting] = useState(false);
  const writes = may(me, 'regions:write');
  const rows = useMemo(() => {
    const all = (workers.data ?? []).map((one) => ({
      ...one,
      key: one.id,
      place: one.region_ids.map((id) => placeOf(regions.data ?? [], id)).join(', '),
    }));
    const wanted = text.trim();
    return wanted === '' ? all : all.filter((one) => one.name.includes(wanted) || one.place.includes(wanted));
  }, [workers.data, regions.data, text]);
  if (workers.isPending || regions.isPending) return <Skeleton active />;
  if (workers.isError) {
    return <Alert type="error" showIcon title={t('regionsPage.failed')} description={errorText(workers.error)} />;
  }
  const status = (one: WorkerView): string =>
    !one.active
      ? t('regionsPage.workers.stopped')
      : one.works_today
        ? t('regionsPage.workers.today')
        : t('regionsPage.workers.notToday');
  return (
    <>
      <div className="regions-bar">
        <Input
          className="regions-search"
          allowClear
          value={text}
          placeholder={t('regionsPage.workers.search')}
          aria-label={t('regionsPage.workers.search')}
          onChange={(event) => setText(event.target.value)}
        />
        <span className="regions-bar-end" />
        {writes && (
          <>
            <Button icon={<UploadOutlined />} onClick={() => setImporting(true)}>
              {t('regionsPage.workers.import')}
            </Button>
            <Button type="primary" icon={<PlusOutlined />} data-testid="worker-add" onClick={() => setEditing('new')}>
              {t('regionsPage.workers.add')}
            </Button>
          </>
        )}
      </div>
      {rows.length === 0 ? (
        <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('regionsPage.workers.empty')} />
      ) : (
        <Table
          size="small"
          dataSource={rows}
          pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }}
          columns={[
            { title: t('regionsPage.workers.name'), dataIndex: 'name', width: 140 },
            { title: t('regionsPage.workers.number'), dataIndex: 'number', width: 160, className: 'num' },
            {
              title: t('regionsPage.workers.role'),
              dataIndex: 'role',
              width: 150,
              render: (role: WorkerView['role']) => t(`regionsPage.role.${role}`),
            },
            { title: t('regionsPage.workers.regions'), dataIndex: 'place' },
            {
              title: t('regionsPage.workers.valid'),
              key: 'valid',
              width: 210,
              className: 'num',
              render: (_, one) =>
                one.valid_from || one.valid_to ? `${one.valid_from ?? ''} ~ ${one.valid_to ?? ''}` : '–',
            },
            { title: t('regionsPage.workers.active'), key: 'status', width: 130, render: (_, one) => status(one) },
            ...(writes
              ? [
                  {
                    key: 'actions',
                    width: 90,
                    render: (_: unknown, one: WorkerView) => (
                      <Button type="link" size="small" onClick={() => setEditing(one)}>
                        {t('regionsPage.duty.edit')}
                      </Button>
                    ),
                  },
                ]
              : []),
          ]}
        />
      )}
      {editing !== null && (
        <WorkerDialog
          worker={editing === 'new' ? null : editing}
          regions={regions.data ?? []}
          onClose={() => setEditing(null)}
        />
      )}
      {importing && <ImportWorkers onClose={() => setImporting(false)} />}
    </>
  );
}
