import { Alert, App, Form, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { lookUp } from '../../i18n/words';
import { Failure } from '../admin/Failure';
import { ReasonField } from '../admin/ReasonField';
import { FileField } from '../regions/FileField';
import { useImport, useLook, type VersionLine } from './queries';
import { instantOf, WhenField, type When } from './WhenField';

/** Looked through first, then all rows or none. */
export function ImportDialog({ last, onClose }: { last: VersionLine; onClose: () => void }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const [form] = Form.useForm<When & { reason: string }>();
  const [csv, setCsv] = useState('');
  const look = useLook();
  const take = useImport();
  const after = last.state === 'planned' ? last.valid_from : undefined;
  const file = (reason: string, valid_from: string | null, text: string) => ({
    seen: last.number,
    reason,
    valid_from,
    csv: text,
    dry_run: false,
  });
  const found = look.data;
  const bad = found?.bad ?? [];
  const different = found !== undefined && bad.length === 0 && found.added.length + found.changed.length > 0;
  return (
    <Modal
      open
      width={640}
      title={t('catalogPage.importTitle')}
      okText={t('catalogPage.doImport')}
      cancelText={t('adminPage.cancel')}
      okButtonProps={{ disabled: !different }}
      confirmLoading={take.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      <p className="quiet">{t('catalogPage.importHelp')}</p>
      <FileField
        label={t('catalogPage.chooseFile')}
        accept=".csv,text/csv"
        onText={(text) => {
          setCsv(text);
          look.mutate(file('', after ?? null, text));
        }}
      />
      <Failure error={look.error} />
      {found && bad.length === 0 && (
        <Alert
          type={different ? 'success' : 'info'}
          showIcon
          title={
            different
              ? t('catalogPage.importGood', {
                  added: found.added.length,
                  changed: found.changed.length,
                  unchanged: found.unchanged,
                })
              : t('catalogPage.importSame')
          }
          description={[...found.added, ...found.changed].join('、')}
        />
      )}
      {bad.length > 0 && (
        <Alert
          type="error"
          showIcon
          data-testid="import-bad"
          title={t('catalogPage.importBad', { count: bad.length })}
          description={
            <ul className="catalog-bad">
              {bad.map((one, index) => (
                <li key={`${one.row}${one.column}${index}`}>
                  {t('catalogPage.row', { row: one.row })}
                  {one.column !== '-' && ` ${one.column}`}: {lookUp(`catalogPage.problem.${one.reason}`) ?? one.message}
                </li>
              ))}
            </ul>
          }
        />
      )}
      {different && (
        <Form
          form={form}
          layout="vertical"
          className="catalog-import-form"
          initialValues={{ when: after ? 'later' : 'now' }}
          onFinish={(fields) =>
            take.mutate(file(fields.reason.trim(), instantOf(fields, after), csv), {
              onSuccess: (report) => {
                if (report.number !== null) {
                  void message.success(t('catalogPage.published', { number: report.number }));
                  onClose();
                }
              },
            })
          }
        >
          <WhenField {...(after !== undefined && { notBefore: after })} />
          <ReasonField />
          <Failure error={take.error} />
        </Form>
      )}
    </Modal>
  );
}
