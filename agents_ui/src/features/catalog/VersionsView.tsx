import { DownloadOutlined } from '@ant-design/icons';
import { Button, Popconfirm, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Failure } from '../admin/Failure';
import { ChangeList } from './ChangeList';
import { useChanges, useWithdraw, type VersionLine } from './queries';
import { useDay } from './words';

const TONE = { in_force: 'tone-ok', planned: 'tone-due', past: '', withdrawn: 'tone-late' } as const;

interface Props {
  versions: readonly VersionLine[];
  last: VersionLine | undefined;
  canWrite: boolean;
}

export function VersionsView({ versions, last, canWrite }: Props) {
  const { t } = useTranslation();
  const day = useDay();
  const withdraw = useWithdraw();
  const [open, setOpen] = useState<number | null>(versions[0]?.number ?? null);
  return (
    <div className="catalog" data-testid="catalog-versions">
      <Failure error={withdraw.error} />
      {versions.map((one) => (
        <div key={one.number} className="catalog-version">
          <div className="catalog-version-head">
            <Button
              type="link"
              size="small"
              aria-expanded={open === one.number}
              onClick={() => setOpen(open === one.number ? null : one.number)}
            >
              {t('catalogPage.number', { number: one.number })}
            </Button>
            <span className={`tone ${TONE[one.state]}`}>{t(`catalogPage.state.${one.state}`)}</span>
            <span className="admin-grow">{one.reason || t('catalogPage.shipped')}</span>
            <span className="quiet">
              {one.author_name === 'seed' ? t('catalogPage.system') : one.author_name}{' '}
              <span className="num">{day(one.made_at)}</span>
              {one.state === 'planned' && ` · ${t('catalogPage.from', { when: day(one.valid_from) })}`}
              {one.withdrawn_by && ` · ${t('catalogPage.withdrawnBy', { name: one.withdrawn_by })}`}
            </span>
            <Button
              size="small"
              icon={<DownloadOutlined />}
              aria-label={t('catalogPage.exportOf', { number: one.number })}
              href={`/api/catalog/versions/${one.number}/csv`}
              download
            />
            {canWrite && one.state === 'planned' && one.number === last?.number && (
              <Popconfirm
                title={t('catalogPage.withdrawAsk', { number: one.number })}
                okText={t('common.confirm')}
                cancelText={t('common.cancel')}
                onConfirm={() => withdraw.mutate(one.number)}
              >
                <Button size="small" danger data-testid={`withdraw-${one.number}`}>
                  {t('catalogPage.withdraw')}
                </Button>
              </Popconfirm>
            )}
          </div>
          {open === one.number && <Changes number={one.number} items={one.items} />}
        </div>
      ))}
    </div>
  );
}

function Changes({ number, items }: { number: number; items: number }) {
  const { t } = useTranslation();
  const changes = useChanges(number);
  if (changes.isPending) return <Skeleton active />;
  if (changes.isError) return <Failure error={changes.error} />;
  if (changes.data.against === null) return <p className="quiet">{t('catalogPage.first', { count: items })}</p>;
  return (
    <>
      <p className="quiet">{t('catalogPage.against', { number: changes.data.against })}</p>
      <ChangeList changes={changes.data.changes} />
    </>
  );
}
