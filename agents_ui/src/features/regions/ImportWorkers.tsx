import { useMutation } from '@tanstack/react-query';
import { Alert, App, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { errorText, lookUp } from '../../i18n/words';
import { FileField } from './FileField';
import { useRefresh } from './queries';

/** As with boundaries: looked through first, then all rows or none. */
export function ImportWorkers({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const refresh = useRefresh('grid-workers', 'regions');
  const [csv, setCsv] = useState('');
  const look = useMutation({
    mutationFn: (text: string) => unwrap(api.POST('/api/grid-workers/import', { body: { csv: text, dry_run: true } })),
  });
  const take = useMutation({
    mutationFn: (text: string) => unwrap(api.POST('/api/grid-workers/import', { body: { csv: text, dry_run: false } })),
    onSuccess: async () => {
      void message.success(t('regionsPage.tree.imported'));
      await refresh();
      onClose();
    },
  });
  const bad = look.data?.bad ?? [];
  const good = look.data !== undefined && bad.length === 0;
  return (
    <Modal
      open
      title={t('regionsPage.workers.importTitle')}
      okText={t('regionsPage.tree.doImport')}
      cancelText={t('common.cancel')}
      okButtonProps={{ disabled: !good }}
      confirmLoading={take.isPending}
      onOk={() => take.mutate(csv)}
      onCancel={onClose}
    >
      <p className="quiet">{t('regionsPage.workers.importHelp')}</p>
      <FileField
        label={t('regionsPage.tree.chooseFile')}
        accept=".csv,text/csv"
        onText={(text) => {
          setCsv(text);
          look.mutate(text);
        }}
      />
      {look.isPending && <p className="quiet">{t('regionsPage.tree.checking')}</p>}
      {(look.error ?? take.error) && <Alert type="error" showIcon title={errorText(look.error ?? take.error)} />}
      {good && <Alert type="success" showIcon title={t('regionsPage.workers.good', look.data)} />}
      {bad.length > 0 && (
        <Alert
          type="error"
          showIcon
          title={t('regionsPage.workers.bad', { count: bad.length })}
          description={
            <ul className="import-bad duty-problems">
              {bad.map((one, index) => (
                <li key={`${one.row}${one.column}${index}`}>
                  {t('regionsPage.workers.row', { row: one.row })} {lookUp(`regionsPage.column.${one.column}`) ?? ''}{' '}
                  {lookUp(`regionsPage.rowProblem.${one.reason}`) ?? one.reason} {one.value}
                </li>
              ))}
            </ul>
          }
        />
      )}
    </Modal>
  );
}
