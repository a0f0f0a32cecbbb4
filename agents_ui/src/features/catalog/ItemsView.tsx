import { DownloadOutlined, PlusOutlined, SearchOutlined, UploadOutlined } from '@ant-design/icons';
import { Alert, Button, Input, Select, Skeleton, TreeSelect } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { word } from '../../i18n/words';
import { regionTree } from '../admin/regions';
import { useRegions } from '../regions/queries';
import { ImportDialog } from './ImportDialog';
import { ItemDrawer } from './ItemDrawer';
import { ItemTable } from './ItemTable';
import { PublishDialog } from './PublishDialog';
import { useInForce, type VersionItem, type VersionLine } from './queries';
import { CATEGORIES, fits, ofPlace, ofVersion, type Draft, type Drafts } from './text';
import { useDay } from './words';

interface Props {
  last: VersionLine | undefined;
  items: readonly VersionItem[];
  loading: boolean;
  canWrite: boolean;
}

/** The items of the last version, or as one community has them. Changes are gathered and published together. */
export function ItemsView({ last, items, loading, canWrite }: Props) {
  const { t } = useTranslation();
  const day = useDay();
  const regions = useRegions().data ?? [];
  const [typed, setTyped] = useState('');
  const [category, setCategory] = useState<string | null>(null);
  const [place, setPlace] = useState<string | null>(null);
  const [editing, setEditing] = useState<VersionItem | 'new' | null>(null);
  const [drafts, setDrafts] = useState<Drafts>({});
  const [asking, setAsking] = useState<'publish' | 'import' | null>(null);
  const there = useInForce(place);
  const all =
    place === null
      ? items.map((item) => ({ ...ofVersion(item), ...drafts[item.code] }))
      : (there.data ?? []).map(ofPlace);
  const shown = all.filter((item) => fits(item, typed) && (category === null || item.category === category));
  const waiting = Object.keys(drafts).length;
  const editable = canWrite && place === null;
  /** Without a change there is nothing to publish. */
  const keep = (code: string, draft: Draft): void =>
    setDrafts((before) =>
      Object.fromEntries(Object.entries({ ...before, [code]: draft }).filter(([, one]) => Object.keys(one).length > 0)),
    );
  return (
    <div className="catalog">
      <div className="admin-head">
        <Input
          className="catalog-search"
          prefix={<SearchOutlined />}
          allowClear
          value={typed}
          aria-label={t('catalogPage.search')}
          placeholder={t('catalogPage.search')}
          data-testid="catalog-search"
          onChange={(event) => setTyped(event.target.value)}
        />
        <Select
          className="catalog-category"
          allowClear
          value={category}
          aria-label={t('catalogPage.category')}
          placeholder={t('catalogPage.allCategories')}
          options={CATEGORIES.map((one) => ({ value: one, label: word('catalogCategory', one) }))}
          onChange={(value: string | undefined) => setCategory(value ?? null)}
        />
        <TreeSelect
          className="catalog-place"
          allowClear
          showSearch
          treeNodeFilterProp="title"
          {...(place !== null && { value: place })}
          aria-label={t('catalogPage.place')}
          placeholder={t('catalogPage.everywhere')}
          treeData={regionTree(regions.filter((one) => one.level !== 'grid'))}
          onChange={(value: string | undefined) => setPlace(value ?? null)}
        />
        <span className="admin-grow" />
        {last && (
          <Button icon={<DownloadOutlined />} href={`/api/catalog/versions/${last.number}/csv`} download>
            {t('catalogPage.export')}
          </Button>
        )}
        {canWrite && (
          <>
            <Button icon={<UploadOutlined />} data-testid="catalog-import" onClick={() => setAsking('import')}>
              {t('catalogPage.import')}
            </Button>
            <Button icon={<PlusOutlined />} data-testid="catalog-add" onClick={() => setEditing('new')}>
              {t('catalogPage.add')}
            </Button>
          </>
        )}
      </div>
      {last?.state === 'planned' && place === null && (
        <Alert
          type="info"
          showIcon
          title={t('catalogPage.plannedShown', { number: last.number, when: day(last.valid_from) })}
        />
      )}
      {waiting > 0 && (
        <div className="catalog-waiting" role="status">
          <span className="admin-grow">{t('catalogPage.waiting', { count: waiting })}</span>
          <Button data-testid="catalog-drop" onClick={() => setDrafts({})}>
            {t('catalogPage.drop')}
          </Button>
          <Button type="primary" data-testid="catalog-publish" onClick={() => setAsking('publish')}>
            {t('catalogPage.publish')}
          </Button>
        </div>
      )}
      {loading || (place !== null && there.isPending) ? (
        <Skeleton active />
      ) : (
        <ItemTable
          items={shown}
          drafts={place === null ? drafts : {}}
          {...(editable && { onEdit: (code) => setEditing(items.find((one) => one.code === code) ?? null) })}
        />
      )}
      {editing !== null && (
        <ItemDrawer
          item={editing === 'new' ? null : editing}
          draft={editing === 'new' ? {} : (drafts[editing.code] ?? {})}
          taken={[...items.map((one) => one.code), ...Object.keys(drafts)]}
          onKeep={keep}
          onClose={() => setEditing(null)}
        />
      )}
      {asking === 'publish' && (
        <PublishDialog
          items={items}
          drafts={drafts}
          last={last}
          onDone={() => setDrafts({})}
          onClose={() => setAsking(null)}
        />
      )}
      {asking === 'import' && last && <ImportDialog last={last} onClose={() => setAsking(null)} />}
    </div>
  );
}
