import { DownloadOutlined, PlusOutlined, UploadOutlined } from '@ant-design/icons';
import { useMutation } from '@tanstack/react-query';
import { Alert, App, Button, Checkbox, Empty, Input, Popconfirm, Skeleton, Table } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { errorText } from '../../i18n/words';
import { ImportBoundaries } from './ImportBoundaries';
import { useRefresh, useRegions, type RegionView } from './queries';
import { RegionDialog, type RegionAsked } from './RegionDialog';
import { rowsOf, type Row } from './tree';

export function TreeTab() {
  const { me } = useConsole();
  const { t } = useTranslation();
  const { message } = App.useApp();
  const regions = useRegions();
  const refresh = useRefresh('regions');
  const [retired, setRetired] = useState(false);
  const [text, setText] = useState('');
  const [asked, setAsked] = useState<RegionAsked | null>(null);
  const [importing, setImporting] = useState(false);
  const writes = may(me, 'regions:write');
  const rows = useMemo(() => rowsOf(regions.data ?? [], retired, text), [regions.data, retired, text]);
  const turn = useMutation({
    mutationFn: (region: RegionView) => {
      const asking = { params: { path: { region_id: region.id } }, body: { version: region.version } };
      return unwrap(
        region.retired
          ? api.POST('/api/regions/{region_id}/restore', asking)
          : api.POST('/api/regions/{region_id}/retire', asking),
      );
    },
    onError: (error) => void message.error(errorText(error)),
    onSettled: refresh,
  });
  if (regions.isPending) return <Skeleton active />;
  if (regions.isError) {
    return <Alert type="error" showIcon title={t('regionsPage.failed')} description={errorText(regions.error)} />;
  }
  return (
    <>
      <div className="regions-bar">
        <Input
          className="regions-search"
          allowClear
          value={text}
          placeholder={t('regionsPage.tree.search')}
          aria-label={t('regionsPage.tree.search')}
          onChange={(event) => setText(event.target.value)}
        />
        <Checkbox checked={retired} onChange={(event) => setRetired(event.target.checked)}>
          {t('regionsPage.tree.showRetired')}
        </Checkbox>
        <span className="regions-bar-end" />
        <Button icon={<DownloadOutlined />} href="/api/regions/boundaries" download="regions.geojson">
          {t('regionsPage.tree.export')}
        </Button>
        {writes && (
          <Button icon={<UploadOutlined />} data-testid="boundaries-import" onClick={() => setImporting(true)}>
            {t('regionsPage.tree.import')}
          </Button>
        )}
        {me.role === 'admin' && (
          <Button icon={<PlusOutlined />} onClick={() => setAsked({ kind: 'add', parent: null })}>
            {t('regionsPage.tree.addDistrict')}
          </Button>
        )}
      </div>
      {rows.length === 0 ? (
        <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('regionsPage.tree.empty')} />
      ) : (
        <Table<Row>
          key={text.trim() === '' ? 'all' : 'found'}
          size="small"
          pagination={false}
          dataSource={rows}
          expandable={{
            defaultExpandAllRows: text.trim() !== '',
            defaultExpandedRowKeys: rows.map((one) => one.key),
          }}
          columns={[
            {
              title: t('regionsPage.tree.name'),
              dataIndex: 'name',
              render: (name: string, row) => (
                <span data-testid={`region-${row.code}`} className={row.retired ? 'quiet' : ''}>
                  {name}
                  {row.retired && ` (${t('regionsPage.tree.retired')})`}
                </span>
              ),
            },
            {
              title: t('regionsPage.duty.level'),
              dataIndex: 'level',
              width: 110,
              render: (level: RegionView['level']) => t(`regionsPage.level.${level}`),
            },
            { title: t('regionsPage.tree.code'), dataIndex: 'code', width: 160, className: 'num' },
            {
              title: t('regionsPage.tree.hasBoundary'),
              dataIndex: 'has_boundary',
              width: 130,
              render: (has: boolean) => (has ? '✓' : <span className="quiet">{t('regionsPage.tree.noBoundary')}</span>),
            },
            ...(writes
              ? [
                  {
                    key: 'actions',
                    width: 330,
                    render: (_: unknown, row: Row) => (
                      <Actions row={row} onAsk={setAsked} onTurn={() => turn.mutate(row)} />
                    ),
                  },
                ]
              : []),
          ]}
        />
      )}
      {asked !== null && <RegionDialog asked={asked} regions={regions.data} onClose={() => setAsked(null)} />}
      {importing && <ImportBoundaries onClose={() => setImporting(false)} />}
    </>
  );
}

function Actions({ row, onAsk, onTurn }: { row: Row; onAsk: (asked: RegionAsked) => void; onTurn: () => void }) {
  const { t } = useTranslation();
  if (row.retired) {
    return (
      <Button type="link" size="small" onClick={onTurn}>
        {t('regionsPage.tree.restore')}
      </Button>
    );
  }
  return (
    <>
      {row.level !== 'grid' && (
        <Button type="link" size="small" onClick={() => onAsk({ kind: 'add', parent: row })}>
          {t('regionsPage.tree.add')}
        </Button>
      )}
      <Button type="link" size="small" onClick={() => onAsk({ kind: 'edit', region: row })}>
        {t('regionsPage.tree.edit')}
      </Button>
      {row.level !== 'district' && (
        <Button type="link" size="small" onClick={() => onAsk({ kind: 'move', region: row })}>
          {t('regionsPage.tree.move')}
        </Button>
      )}
      <Popconfirm
        title={t('regionsPage.tree.retireAsk', { name: row.name })}
        okText={t('regionsPage.tree.retire')}
        cancelText={t('common.cancel')}
        onConfirm={onTurn}
      >
        <Button type="link" size="small" danger>
          {t('regionsPage.tree.retire')}
        </Button>
      </Popconfirm>
    </>
  );
}
