import { App, Button, Checkbox, Empty, Form, Input, Modal, Select, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { Failure } from '../admin/Failure';
import { useChange, type Member } from './queries';
import type { TabProps } from './StorePage';

export function PeopleTab({ store, writes }: TabProps) {
  const { t } = useTranslation();
  const [editing, setEditing] = useState<Member | 'new' | null>(null);
  return (
    <div className="stores-part">
      {writes && (
        <div className="stores-tools">
          <Button type="primary" data-testid="person-add" onClick={() => setEditing('new')}>
            {t('storesPage.person.add')}
          </Button>
          <span className="quiet">{t('storesPage.person.numberHelp')}</span>
        </div>
      )}
      {store.people.length === 0 ? (
        <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('storesPage.person.none')} />
      ) : (
        <table className="stores-table stores-still">
          <thead>
            <tr>
              <th>{t('storesPage.person.name')}</th>
              <th>{t('storesPage.person.number')}</th>
              <th>{t('storesPage.person.role')}</th>
              <th>{t('storesPage.person.doesJobs')}</th>
              <th>{t('storesPage.person.dialects')}</th>
              <th>{t('storesPage.person.elsewhere')}</th>
              {writes && <th aria-label={t('storesPage.person.edit')} />}
            </tr>
          </thead>
          <tbody>
            {store.people.map((one) => (
              <tr key={one.person_id} className={one.active ? '' : 'quiet'}>
                <td>
                  {one.name} {!one.active && <Tag>{t('storesPage.person.gone')}</Tag>}
                </td>
                <td className="num">{one.number}</td>
                <td>{t(`storesPage.person.${one.role}`)}</td>
                <td>{one.does_jobs ? '✓' : '–'}</td>
                <td>{one.dialects.join('、')}</td>
                <td>{one.elsewhere.join('、')}</td>
                {writes && (
                  <td>
                    <Button type="link" size="small" onClick={() => setEditing(one)}>
                      {t('storesPage.person.edit')}
                    </Button>
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {editing !== null && <PersonDialog store={store} person={editing} onClose={() => setEditing(null)} />}
    </div>
  );
}

type Fields = Pick<Member, 'name' | 'number' | 'role' | 'does_jobs' | 'dialects' | 'active'>;

function PersonDialog({
  store,
  person,
  onClose,
}: {
  store: TabProps['store'];
  person: Member | 'new';
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const [form] = Form.useForm<Fields>();
  const save = useChange(store.id, ({ active, ...values }: Fields) => {
    const body = { ...values, dialects: values.dialects ?? [], version: store.version };
    return unwrap(
      person === 'new'
        ? api.POST('/api/stores/{store_id}/people', {
            params: { path: { store_id: store.id } },
            body,
          })
        : api.PUT('/api/stores/{store_id}/people/{person_id}', {
            params: { path: { store_id: store.id, person_id: person.person_id } },
            body: { ...body, active },
          }),
    );
  });
  const must = [{ required: true, whitespace: true, message: t('storesPage.file.problem.required') }];
  return (
    <Modal
      open
      title={person === 'new' ? t('storesPage.person.add') : person.name}
      okText={t('storesPage.save')}
      cancelText={t('storesPage.cancel')}
      confirmLoading={save.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      <Form
        form={form}
        layout="vertical"
        initialValues={person === 'new' ? { role: 'worker', does_jobs: true, dialects: [] } : person}
        onFinish={(values) =>
          save.mutate(values, {
            onSuccess: () => {
              void message.success(t('storesPage.saved'));
              onClose();
            },
          })
        }
      >
        <Form.Item name="name" label={t('storesPage.person.name')} rules={must}>
          <Input maxLength={60} />
        </Form.Item>
        <Form.Item name="number" label={t('storesPage.person.number')} rules={must}>
          <Input maxLength={64} className="num" />
        </Form.Item>
        <Form.Item name="role" label={t('storesPage.person.role')}>
          <Select
            options={(['keeper', 'worker'] as const).map((value) => ({
              value,
              label: t(`storesPage.person.${value}`),
            }))}
          />
        </Form.Item>
        <Form.Item name="dialects" label={t('storesPage.person.dialects')}>
          <Select mode="tags" maxCount={10} options={['襄阳话', '普通话', '河南话'].map((value) => ({ value }))} />
        </Form.Item>
        <Form.Item name="does_jobs" valuePropName="checked">
          <Checkbox>{t('storesPage.person.doesJobs')}</Checkbox>
        </Form.Item>
        {person !== 'new' && (
          <Form.Item name="active" valuePropName="checked">
            <Checkbox>{t('storesPage.person.active')}</Checkbox>
          </Form.Item>
        )}
      </Form>
      <Failure error={save.error} />
    </Modal>
  );
}
