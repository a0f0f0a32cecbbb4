import { AlertFilled, CheckCircleFilled, CustomerServiceFilled, PlusOutlined } from '@ant-design/icons';
import { App, Button, Form, Input, Modal, Popconfirm, Radio, Table, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { errorText } from '../../i18n/words';
import { Failure, NotLoaded } from './Failure';
import { LINES, useChange, useLines, type Line } from './queries';

type Words = { number: string; kind: Line['kind']; label: string; carrier: Line['carrier'] };

/** Called numbers and what they are for. */
export function LinesTab({ canWrite }: { canWrite: boolean }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const lines = useLines();
  const [editing, setEditing] = useState<Line | 'new' | null>(null);
  const turn = useChange(
    ({ number, active }: { number: string; active: boolean }) =>
      unwrap(
        api.POST('/api/lines/{line_number}/switch', { params: { path: { line_number: number } }, body: { active } }),
      ),
    LINES,
  );
  const failed = (error: Error): void => void message.error(errorText(error));
  if (lines.isError) return <NotLoaded error={lines.error} again={() => void lines.refetch()} />;
  const all = lines.data ?? [];
  const lastSos = all.filter((line) => line.kind === 'sos' && line.active).length === 1;
  return (
    <section className="admin-card" aria-label={t('adminPage.nav.lines')}>
      <div className="admin-head">
        <p className="quiet admin-hint admin-grow">{t('adminPage.lines.hint')}</p>
        {canWrite && (
          <Button type="primary" icon={<PlusOutlined />} data-testid="add-line" onClick={() => setEditing('new')}>
            {t('adminPage.lines.add')}
          </Button>
        )}
      </div>
      <Table<Line>
        size="middle"
        rowKey="number"
        dataSource={all}
        loading={lines.isPending}
        pagination={false}
        locale={{ emptyText: t('adminPage.lines.empty') }}
        rowClassName={(line) => (line.active ? '' : 'admin-off')}
        data-testid="lines"
        columns={[
          { title: t('adminPage.lines.number'), className: 'num', dataIndex: 'number' },
          {
            title: t('adminPage.lines.kind'),
            render: (_, line) =>
              line.kind === 'sos' ? (
                <Tag color="red" icon={<AlertFilled />}>
                  {t('adminPage.lines.sos')}
                </Tag>
              ) : (
                <Tag icon={line.kind === 'service' ? <CustomerServiceFilled /> : <CheckCircleFilled />}>
                  {t(`adminPage.lines.${line.kind}`)}
                </Tag>
              ),
          },
          { title: t('adminPage.lines.name'), dataIndex: 'label' },
          { title: t('adminPage.lines.carrier'), render: (_, line) => t(`adminPage.lines.${line.carrier}`) },
          {
            title: t('adminPage.lines.state'),
            render: (_, line) => (line.active ? t('adminPage.lines.on') : t('adminPage.lines.off')),
          },
          ...(canWrite
            ? [
                {
                  title: <span className="visually-hidden">{t('adminPage.edit')}</span>,
                  align: 'right' as const,
                  render: (_: unknown, line: Line) => (
                    <span className="admin-keys">
                      <Button size="small" data-testid={`edit-line-${line.number}`} onClick={() => setEditing(line)}>
                        {t('adminPage.edit')}
                      </Button>
                      {!line.active ? (
                        <Button
                          size="small"
                          data-testid={`on-${line.number}`}
                          onClick={() => turn.mutate({ number: line.number, active: true }, { onError: failed })}
                        >
                          {t('adminPage.lines.switchOn')}
                        </Button>
                      ) : line.kind === 'sos' && lastSos ? (
                        <Button size="small" disabled title={t('adminPage.lines.lastSos')}>
                          {t('adminPage.lines.switchOff')}
                        </Button>
                      ) : (
                        <Popconfirm
                          title={t('adminPage.lines.offSure', { number: line.number })}
                          onConfirm={() => turn.mutate({ number: line.number, active: false }, { onError: failed })}
                        >
                          <Button size="small" data-testid={`off-${line.number}`}>
                            {t('adminPage.lines.switchOff')}
                          </Button>
                        </Popconfirm>
                      )}
                    </span>
                  ),
                },
              ]
            : []),
        ]}
      />
      {editing !== null && <LineDialog line={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />}
    </section>
  );
}

function LineDialog({ line, onClose }: { line: Line | null; onClose: () => void }) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Words>();
  const save = useChange(
    ({ number, kind, label, carrier }: Words) =>
      line === null
        ? unwrap(api.POST('/api/lines', { body: { number, kind, label: label ?? '', carrier } }))
        : unwrap(
            api.POST('/api/lines/{line_number}', {
              params: { path: { line_number: line.number } },
              body: { kind, label: label ?? '', carrier },
            }),
          ),
    LINES,
  );
  return (
    <Modal
      open
      title={line === null ? t('adminPage.lines.addTitle') : t('adminPage.lines.editTitle', { number: line.number })}
      okText={t('adminPage.save')}
      cancelText={t('adminPage.cancel')}
      okButtonProps={{ loading: save.isPending }}
      onCancel={onClose}
      onOk={() => form.submit()}
    >
      <Form<Words>
        form={form}
        layout="vertical"
        initialValues={line ?? { number: '', kind: 'service', label: '', carrier: 'pbx' }}
        onFinish={(words) => save.mutate(words, { onSuccess: onClose })}
      >
        {line === null && (
          <Form.Item
            name="number"
            label={t('adminPage.lines.number')}
            extra={t('adminPage.lines.numberHint')}
            rules={[{ required: true, pattern: /^[0-9]{3,20}$/, message: t('adminPage.lines.numberHint') }]}
          >
            <Input data-testid="line-number" inputMode="numeric" maxLength={20} autoFocus />
          </Form.Item>
        )}
        <Form.Item name="kind" label={t('adminPage.lines.kind')}>
          <Radio.Group
            options={[
              { value: 'sos', label: t('adminPage.lines.sos') },
              { value: 'service', label: t('adminPage.lines.service') },
              { value: 'job', label: t('adminPage.lines.job') },
              { value: 'daily', label: t('adminPage.lines.daily') },
            ]}
          />
        </Form.Item>
        <Form.Item name="label" label={t('adminPage.lines.name')}>
          <Input data-testid="line-label" maxLength={40} />
        </Form.Item>
        <Form.Item name="carrier" label={t('adminPage.lines.carrier')} extra={t('adminPage.lines.carrierHint')}>
          <Radio.Group
            options={[
              { value: 'pbx', label: t('adminPage.lines.pbx') },
              { value: 'twilio', label: t('adminPage.lines.twilio') },
            ]}
          />
        </Form.Item>
        <Failure error={save.error} />
      </Form>
    </Modal>
  );
}
