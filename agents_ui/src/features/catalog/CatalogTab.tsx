import { Segmented } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { NotLoaded } from '../admin/Failure';
import '../../kit/tone.css';
import './catalog.css';
import { ItemsView } from './ItemsView';
import { useVersion, useVersions } from './queries';
import { RegionsView } from './RegionsView';
import { lastOf } from './text';
import { VersionsView } from './VersionsView';

const VIEWS = ['items', 'regions', 'versions'] as const;

/** What can be ordered: the items, what regions do otherwise with them, and the versions of it all. */
export function CatalogTab({ canWrite }: { canWrite: boolean }) {
  const { t } = useTranslation();
  const { me } = useConsole();
  const [view, setView] = useState<(typeof VIEWS)[number]>('items');
  const versions = useVersions();
  const last = lastOf(versions.data ?? []);
  const version = useVersion(last?.number);
  const failed = versions.error ?? version.error;
  if (failed) return <NotLoaded error={failed} again={() => void (versions.isError ? versions : version).refetch()} />;
  const items = version.data?.rows ?? [];
  return (
    <section className="admin-card" aria-label={t('adminPage.nav.catalog')}>
      <Segmented
        className="catalog-views"
        value={view}
        onChange={setView}
        options={VIEWS.map((one) => ({ value: one, label: t(`catalogPage.view.${one}`) }))}
      />
      <div hidden={view !== 'items'}>
        <ItemsView last={last} items={items} loading={version.isPending} canWrite={canWrite} />
      </div>
      {view === 'regions' && <RegionsView items={items} canWrite={may(me, 'catalog:localise')} />}
      {view === 'versions' && <VersionsView versions={versions.data ?? []} last={last} canWrite={canWrite} />}
    </section>
  );
}
