import { useMutation } from '@tanstack/react-query';
import { Alert, App, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import type { components } from '../../api/schema';
import { errorText, lookUp } from '../../i18n/words';
import { FileField } from './FileField';
import { useRefresh } from './queries';

type File = components['schemas']['BoundaryFile'];

/** Looked through by the server before anything is taken; then all of it or nothing. */
export function ImportBoundaries({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const refresh = useRefresh('regions');
  const [file, setFile] = useState<File | null>(null);
  const [noJson, setNoJson] = useState(false);
  const look = useMutation({
    mutationFn: (body: File) => unwrap(api.POST('/api/regions/boundaries', { body: { ...body, dry_run: true } })),
  });
  const take = useMutation({
    mutationFn: (body: File) => unwrap(api.POST('/api/regions/boundaries', { body: { ...body, dry_run: false } })),
    onSuccess: async () => {
      void message.success(t('regionsPage.tree.imported'));
      await refresh();
      onClose();
    },
  });
  const read = (text: string): void => {
    look.reset();
    const parsed = parseFile(text);
    setNoJson(parsed === null);
    setFile(parsed);
    if (parsed) look.mutate(parsed);
  };
  const good = look.data !== undefined && look.data.bad.length === 0;
  return (
    <Modal
      open
      title={t('regionsPage.tree.importTitle')}
      okText={t('regionsPage.tree.doImport')}
      cancelText={t('common.cancel')}
      okButtonProps={{ disabled: !good || file === null }}
      confirmLoading={take.isPending}
      onOk={() => file && take.mutate(file)}
      onCancel={onClose}
    >
      <p className="quiet">{t('regionsPage.tree.importHelp')}</p>
      <FileField label={t('regionsPage.tree.chooseFile')} accept=".geojson,.json,application/geo+json" onText={read} />
      {noJson && <Alert type="error" showIcon title={t('regionsPage.tree.notJson')} />}
      {look.isPending && <p className="quiet">{t('regionsPage.tree.checking')}</p>}
      {(look.error ?? take.error) && <Alert type="error" showIcon title={errorText(look.error ?? take.error)} />}
      {good && (
        <Alert type="success" showIcon title={t('regionsPage.tree.good', look.data)} data-testid="import-good" />
      )}
      {look.data && look.data.bad.length > 0 && (
        <Alert
          type="error"
          showIcon
          data-testid="import-bad"
          title={t('regionsPage.tree.bad', { count: look.data.bad.length })}
          description={
            <ul className="import-bad duty-problems">
              {look.data.bad.map((one) => (
                <li key={one.row}>
                  {t('regionsPage.tree.row', { row: one.row })} {one.code}:{' '}
                  {lookUp(`regionsPage.boundary.${one.reason}`) ?? one.message}
                </li>
              ))}
            </ul>
          }
        />
      )}
    </Modal>
  );
}

/** Null when it is no FeatureCollection. */
export function parseFile(text: string): File | null {
  try {
    const found = JSON.parse(text) as Partial<File> | null;
    if (found?.type !== 'FeatureCollection' || !Array.isArray(found.features)) return null;
    return { type: 'FeatureCollection', features: found.features, dry_run: true };
  } catch {
    return null;
  }
}
