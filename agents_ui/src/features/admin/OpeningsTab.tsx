import { PlusOutlined } from '@ant-design/icons';
import { Button, Form, Input, Modal, Select, Table } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { optionLabel } from '../../api/option-label';
import { useConsole } from '../../app/console-context';
import { filledIn } from '../call/greeting';
import { Failure, NotLoaded } from './Failure';
import { OpeningHistory } from './OpeningHistory';
import { usePlaceName, type Place } from './place-name';
import { OPENINGS, useChange, useLines, useList, useOpenings, type Opening } from './queries';
import { ReasonField } from './ReasonField';

type Words = { line: string; dialect: string; text: string; text_unknown: string; reason: string };

/** Braces of ours, said without the translator taking them for his. */
const LITERALLY = { name: '{name}', centre: '{centre}' };

export function OpeningsTab({ canWrite }: { canWrite: boolean }) {
  const { t } = useTranslation();
  const openings = useOpenings();
  const name = usePlaceName();
  const [editing, setEditing] = useState<Opening | 'new' | null>(null);
  const [history, setHistory] = useState<Place | null>(null);
  const [withdrawing, setWithdrawing] = useState<Place | null>(null);
  if (openings.isError) return <NotLoaded error={openings.error} again={() => void openings.refetch()} />;
  return (
    <section className="admin-card" aria-label={t('adminPage.nav.openings')}>
      <div className="admin-head">
        <p className="quiet admin-hint admin-grow">{t('adminPage.openings.hint')}</p>
        {canWrite && (
          <Button type="primary" icon={<PlusOutlined />} data-testid="add-opening" onClick={() => setEditing('new')}>
            {t('adminPage.openings.add')}
          </Button>
        )}
      </div>
      <p className="admin-preview">
        <span className="quiet">{t('adminPage.openings.builtIn')}</span> {t('ring.greet', { name: '{name}' })}
      </p>
      <Table<Opening>
        size="middle"
        rowKey={(one) => `${one.line}/${one.dialect}`}
        dataSource={openings.data}
        loading={openings.isPending}
        pagination={false}
        locale={{ emptyText: t('adminPage.openings.empty') }}
        data-testid="openings"
        columns={[
          { title: t('adminPage.openings.line'), width: 160, render: (_, one) => name(one).line },
          { title: t('adminPage.openings.dialect'), width: 120, render: (_, one) => name(one).dialect },
          { title: t('adminPage.openings.known'), dataIndex: 'text' },
          { title: t('adminPage.openings.unknown'), dataIndex: 'text_unknown' },
          {
            title: <span className="visually-hidden">{t('adminPage.edit')}</span>,
            align: 'right',
            render: (_, one) => (
              <span className="admin-keys">
                <Button size="small" onClick={() => setHistory(one)}>
                  {t('adminPage.history')}
                </Button>
                {canWrite && (
                  <>
                    <Button size="small" onClick={() => setEditing(one)}>
                      {t('adminPage.edit')}
                    </Button>
                    <Button size="small" data-testid="withdraw" onClick={() => setWithdrawing(one)}>
                      {t('adminPage.openings.withdraw')}
                    </Button>
                  </>
                )}
              </span>
            ),
          },
        ]}
      />
      {editing !== null && (
        <OpeningDialog opening={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />
      )}
      {withdrawing !== null && <WithdrawDialog place={withdrawing} onClose={() => setWithdrawing(null)} />}
      {history !== null && <OpeningHistory place={history} onClose={() => setHistory(null)} />}
    </section>
  );
}

function useSetOpening() {
  return useChange((body: Words) => unwrap(api.POST('/api/openings', { body })), OPENINGS);
}

function OpeningDialog({ opening, onClose }: { opening: Opening | null; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const { server } = useConsole();
  const [form] = Form.useForm<Words>();
  const lines = useLines().data ?? [];
  const dialects = useList('dialect').filter((one) => one.retired_at === null);
  const save = useSetOpening();
  const known = Form.useWatch('text', form) ?? '';
  const unknown = Form.useWatch('text_unknown', form) ?? '';
  const centre = server.centre_name;
  return (
    <Modal
      open
      width={640}
      title={opening === null ? t('adminPage.openings.addTitle') : t('adminPage.openings.editTitle')}
      okText={t('adminPage.save')}
      cancelText={t('adminPage.cancel')}
      okButtonProps={{ loading: save.isPending }}
      onCancel={onClose}
      onOk={() => form.submit()}
    >
      <Form<Words>
        form={form}
        layout="vertical"
        initialValues={opening ? { ...opening, reason: '' } : { line: '', dialect: '', text: '', text_unknown: '' }}
        onFinish={(words) =>
          save.mutate(
            { ...words, line: words.line ?? opening?.line ?? '', dialect: words.dialect ?? opening?.dialect ?? '' },
            { onSuccess: onClose },
          )
        }
      >
        <div className="admin-pair">
          <Form.Item name="line" label={t('adminPage.openings.line')}>
            <Select
              disabled={opening !== null}
              options={[
                { value: '', label: t('adminPage.openings.everywhere') },
                ...lines.map((line) => ({ value: line.number, label: `${line.label} ${line.number}`.trim() })),
              ]}
            />
          </Form.Item>
          <Form.Item name="dialect" label={t('adminPage.openings.dialect')}>
            <Select
              disabled={opening !== null}
              options={[
                { value: '', label: t('adminPage.openings.everyDialect') },
                ...dialects.map((one) => ({ value: one.code, label: optionLabel(one, i18n.language) })),
              ]}
            />
          </Form.Item>
        </div>
        <Form.Item
          name="text"
          label={t('adminPage.openings.known')}
          extra={t('adminPage.openings.placeholders', LITERALLY)}
          rules={[{ required: true, whitespace: true, message: t('error.opening_half') }]}
        >
          <Input data-testid="opening-text" maxLength={120} showCount autoFocus />
        </Form.Item>
        <p className="admin-preview" data-testid="preview-known">
          {t('adminPage.openings.preview')} {filledIn(known, { name: t('adminPage.openings.example'), centre })}
        </p>
        <Form.Item
          name="text_unknown"
          label={t('adminPage.openings.unknown')}
          extra={t('adminPage.openings.placeholdersUnknown', LITERALLY)}
          rules={[{ required: true, whitespace: true, message: t('error.opening_half') }]}
        >
          <Input data-testid="opening-unknown" maxLength={120} showCount />
        </Form.Item>
        <p className="admin-preview">
          {t('adminPage.openings.preview')} {filledIn(unknown, { centre })}
        </p>
        <ReasonField />
        <Failure error={save.error} />
      </Form>
    </Modal>
  );
}

function WithdrawDialog({ place, onClose }: { place: Place; onClose: () => void }) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Words>();
  const save = useSetOpening();
  return (
    <Modal
      open
      title={t('adminPage.openings.withdrawTitle')}
      okText={t('adminPage.openings.withdraw')}
      cancelText={t('adminPage.cancel')}
      okButtonProps={{ loading: save.isPending, danger: true }}
      onCancel={onClose}
      onOk={() => form.submit()}
    >
      <Form<Words>
        form={form}
        layout="vertical"
        onFinish={({ reason }) =>
          save.mutate(
            { line: place.line, dialect: place.dialect, text: '', text_unknown: '', reason },
            { onSuccess: onClose },
          )
        }
      >
        <ReasonField />
        <Failure error={save.error} />
      </Form>
    </Modal>
  );
}
