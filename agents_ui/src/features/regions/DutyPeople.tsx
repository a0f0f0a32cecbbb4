import { EditOutlined, PlusOutlined } from '@ant-design/icons';
import { useMutation } from '@tanstack/react-query';
import { Alert, Button, Checkbox, Form, Input, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { errorText } from '../../i18n/words';
import { useRefresh, type DutyPerson } from './queries';

export function DutyPeople({ people, writes }: { people: readonly DutyPerson[]; writes: boolean }) {
  const { t } = useTranslation();
  const [editing, setEditing] = useState<DutyPerson | 'new' | null>(null);
  return (
    <section className="panel duty-card">
      <header>
        <h2>{t('regionsPage.duty.people')}</h2>
        {writes && (
          <Button size="small" icon={<PlusOutlined />} data-testid="person-add" onClick={() => setEditing('new')}>
            {t('regionsPage.duty.addPerson')}
          </Button>
        )}
      </header>
      {people.length === 0 && <p className="quiet">{t('regionsPage.duty.noPeople')}</p>}
      {people.map((one) => (
        <div key={one.id} className="duty-row">
          <span className="ellipsis">
            {one.name} {!one.active && <span className="quiet">{t('regionsPage.duty.inactive')}</span>}
          </span>
          <span className="num">{one.number}</span>
          {writes && (
            <Button
              type="text"
              size="small"
              icon={<EditOutlined />}
              aria-label={`${t('regionsPage.duty.edit')} ${one.name}`}
              onClick={() => setEditing(one)}
            />
          )}
        </div>
      ))}
      {editing !== null && (
        <PersonDialog person={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />
      )}
    </section>
  );
}

interface Fields {
  name: string;
  number: string;
  active: boolean;
}

function PersonDialog({ person, onClose }: { person: DutyPerson | null; onClose: () => void }) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Fields>();
  const refresh = useRefresh('duty');
  const save = useMutation({
    mutationFn: (fields: Fields) =>
      person === null
        ? unwrap(api.POST('/api/duty/people', { body: fields }))
        : unwrap(
            api.PUT('/api/duty/people/{duty_person_id}', {
              params: { path: { duty_person_id: person.id } },
              body: { ...fields, version: person.version },
            }),
          ),
    onSuccess: async () => {
      await refresh();
      onClose();
    },
  });
  const required = [{ required: true, message: t('regionsPage.rowProblem.missing') }];
  return (
    <Modal
      open
      title={t(person ? 'regionsPage.duty.editPerson' : 'regionsPage.duty.addPerson')}
      okText={t('common.save')}
      cancelText={t('common.cancel')}
      confirmLoading={save.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      {save.isError && <Alert type="error" showIcon title={errorText(save.error)} />}
      <Form
        form={form}
        layout="vertical"
        initialValues={person ?? { name: '', number: '', active: true }}
        onFinish={({ name, number, active }) => save.mutate({ name, number, active })}
      >
        <Form.Item name="name" label={t('regionsPage.duty.name')} rules={required}>
          <Input maxLength={60} data-testid="person-name" />
        </Form.Item>
        <Form.Item name="number" label={t('regionsPage.duty.number')} rules={required}>
          <Input maxLength={64} inputMode="tel" data-testid="person-number" />
        </Form.Item>
        <Form.Item name="active" valuePropName="checked">
          <Checkbox>{t('regionsPage.duty.active')}</Checkbox>
        </Form.Item>
      </Form>
    </Modal>
  );
}
