import { PlusOutlined } from '@ant-design/icons';
import { Button, Table } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { NotLoaded } from '../admin/Failure';
import { useRegions } from '../regions/queries';
import { placeOf } from '../regions/tree';
import { LocaliseDrawer } from './LocaliseDrawer';
import { useLocalisations, type Localisation, type VersionItem } from './queries';
import { range, yuan } from './text';
import { useDay } from './words';

/** One that says nothing only ended what was before it. */
const says = (one: Localisation): boolean => one.name_zh !== null || one.prices !== null || one.switched_off !== null;

export function RegionsView({ items, canWrite }: { items: readonly VersionItem[]; canWrite: boolean }) {
  const { t, i18n } = useTranslation();
  const day = useDay();
  const local = useLocalisations();
  const regions = useRegions().data ?? [];
  const [editing, setEditing] = useState<Localisation | 'new' | null>(null);
  const all = local.data ?? [];
  const shown = all.filter((one) => one.state === 'planned' || (one.state === 'in_force' && says(one)));
  const name = (code: string): string => {
    const item = items.find((one) => one.code === code);
    return item === undefined ? code : i18n.language === 'zh' ? item.name_zh : item.name_en;
  };
  if (local.isError) return <NotLoaded error={local.error} again={() => void local.refetch()} />;
  return (
    <div className="catalog">
      <div className="admin-head">
        <p className="quiet admin-hint admin-grow">{t('catalogPage.local.hint')}</p>
        {canWrite && (
          <Button type="primary" icon={<PlusOutlined />} data-testid="localise" onClick={() => setEditing('new')}>
            {t('catalogPage.local.add')}
          </Button>
        )}
      </div>
      <Table<Localisation>
        size="middle"
        rowKey="id"
        dataSource={shown}
        loading={local.isPending}
        pagination={false}
        locale={{ emptyText: t('catalogPage.local.empty') }}
        data-testid="localisations"
        columns={[
          {
            title: t('catalogPage.local.item'),
            width: 200,
            render: (_, one) => (
              <>
                <span className="num">{one.code}</span> {name(one.code)}
              </>
            ),
          },
          { title: t('catalogPage.local.region'), width: 180, render: (_, one) => placeOf(regions, one.region_id) },
          { title: t('catalogPage.local.what'), render: (_, one) => <Different one={one} /> },
          {
            title: t('catalogPage.local.since'),
            width: 150,
            render: (_, one) => (
              <>
                <span className="num">{day(one.valid_from)}</span>{' '}
                {one.state === 'planned' && <span className="tone tone-due">{t('catalogPage.state.planned')}</span>}
              </>
            ),
          },
          { title: t('catalogPage.local.who'), width: 100, dataIndex: 'author_name' },
          {
            title: <span className="visually-hidden">{t('adminPage.edit')}</span>,
            width: 80,
            align: 'right',
            render: (_, one) =>
              canWrite && (
                <Button size="small" data-testid={`local-${one.code}`} onClick={() => setEditing(one)}>
                  {t('adminPage.edit')}
                </Button>
              ),
          },
        ]}
      />
      {editing !== null && (
        <LocaliseDrawer
          items={items}
          said={all}
          begin={editing === 'new' ? null : editing}
          onClose={() => setEditing(null)}
        />
      )}
    </div>
  );
}

function Different({ one }: { one: Localisation }) {
  const { t } = useTranslation();
  return (
    <div className="catalog-name">
      {one.switched_off !== null && (
        <span className={`tone ${one.switched_off ? 'tone-late' : 'tone-ok'}`}>
          {one.switched_off ? t('catalogPage.isOff') : t('catalogPage.isOn')}
        </span>
      )}
      {one.name_zh !== null && <span>{t('catalogPage.local.named', { name: one.name_zh })}</span>}
      {one.prices !== null && (
        <span className="num">
          ¥{range(yuan(one.prices.price_min_fen), yuan(one.prices.price_max_fen))} ·{' '}
          {t('catalogPage.public', { price: yuan(one.prices.price_public_fen) })} ·{' '}
          {t('catalogPage.market', { price: yuan(one.prices.price_market_fen) })}
        </span>
      )}
      {!says(one) && <span className="quiet">{t('catalogPage.local.asAbove')}</span>}
      {one.note && <span className="quiet">{one.note}</span>}
    </div>
  );
}
