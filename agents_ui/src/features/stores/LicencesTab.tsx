import { App, Button, Empty, Form, Input, Modal, Select, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { Failure } from '../admin/Failure';
import { DateField } from '../elders/DateField';
import { useLicenceKinds } from './items';
import { useChange, type HeldLicence } from './queries';
import type { TabProps } from './StorePage';

const COLOURS: Record<HeldLicence['state'], string> = {
  valid: 'green',
  soon: 'orange',
  lapsed: 'red',
  not_yet: 'blue',
  revoked: 'default',
};
type Doing = { deed: 'add' } | { deed: 'renew' | 'revoke'; licence: HeldLicence };

export function LicencesTab({ store, writes }: TabProps) {
  const { t, i18n } = useTranslation();
  const [doing, setDoing] = useState<Doing | null>(null);
  return (
    <div className="stores-part">
      {writes && (
        <div className="stores-tools">
          <Button type="primary" data-testid="licence-add" onClick={() => setDoing({ deed: 'add' })}>
            {t('storesPage.licence.add')}
          </Button>
        </div>
      )}
      {store.licences.length === 0 ? (
        <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('storesPage.licence.none')} />
      ) : (
        <table className="stores-table stores-still">
          <thead>
            <tr>
              <th>{t('storesPage.licence.kind')}</th>
              <th>{t('storesPage.licence.holder')}</th>
              <th>{t('storesPage.licence.number')}</th>
              <th>{t('storesPage.licence.from')}</th>
              <th>{t('storesPage.licence.to')}</th>
              <th>{t('storesPage.filterState')}</th>
              {writes && <th aria-label={t('storesPage.licence.renew')} />}
            </tr>
          </thead>
          <tbody>
            {store.licences.map((one) => (
              <tr key={one.id}>
                <td>{i18n.language === 'zh' ? one.kind_zh : one.kind_en}</td>
                <td>{one.person_id === null ? t('storesPage.licence.ofStore') : one.person}</td>
                <td className="num">{one.number}</td>
                <td className="num quiet">{one.valid_from ?? '–'}</td>
                <td className="num">{one.valid_to ?? t('storesPage.licence.endless')}</td>
                <td>
                  <Tag color={COLOURS[one.state]}>{t(`storesPage.licence.state.${one.state}`)}</Tag>
                  <span className="quiet">{one.revoked_reason}</span>
                </td>
                {writes && (
                  <td className="stores-nowrap">
                    {one.state !== 'revoked' && (
                      <>
                        <Button type="link" size="small" onClick={() => setDoing({ deed: 'renew', licence: one })}>
                          {t('storesPage.licence.renew')}
                        </Button>
                        <Button
                          type="link"
                          size="small"
                          danger
                          onClick={() => setDoing({ deed: 'revoke', licence: one })}
                        >
                          {t('storesPage.licence.revoke')}
                        </Button>
                      </>
                    )}
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {doing !== null && <LicenceDialog store={store} doing={doing} onClose={() => setDoing(null)} />}
    </div>
  );
}

interface Fields {
  kind: string;
  person: string;
  number: string;
  from: string;
  to: string;
  reason: string;
}

function LicenceDialog({ store, doing, onClose }: { store: TabProps['store']; doing: Doing; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const { message } = App.useApp();
  const [form] = Form.useForm<Fields>();
  const kinds = useLicenceKinds().data ?? [];
  const chosen = Form.useWatch('kind', form) as string | undefined;
  const kind = kinds.find((one) => one.code === chosen);
  const version = store.version;
  const save = useChange(store.id, ({ person, number, from, to, reason, ...values }: Fields) => {
    const days = { number: number ?? '', valid_from: from || null, valid_to: to || null };
    if (doing.deed === 'add') {
      return unwrap(
        api.POST('/api/stores/{store_id}/licences', {
          params: { path: { store_id: store.id } },
          body: { version, kind: values.kind, person_id: kind?.held_by === 'worker' ? person : null, ...days },
        }),
      );
    }
    const path = { store_id: store.id, licence_id: doing.licence.id };
    return unwrap(
      doing.deed === 'renew'
        ? api.POST('/api/stores/{store_id}/licences/{licence_id}/renew', {
            params: { path },
            body: { version, ...days },
          })
        : api.POST('/api/stores/{store_id}/licences/{licence_id}/revoke', {
            params: { path },
            body: { version, reason },
          }),
    );
  });
  const must = [{ required: true, message: t('storesPage.file.problem.required') }];
  const first =
    doing.deed === 'add'
      ? {}
      : { number: doing.licence.number, from: doing.licence.valid_from ?? '', to: doing.licence.valid_to ?? '' };
  return (
    <Modal
      open
      title={t(`storesPage.licence.${doing.deed}`)}
      okText={t('storesPage.save')}
      okButtonProps={{ danger: doing.deed === 'revoke' }}
      cancelText={t('storesPage.cancel')}
      confirmLoading={save.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      <Form
        form={form}
        layout="vertical"
        initialValues={first}
        onFinish={(values) =>
          save.mutate(values, {
            onSuccess: () => {
              void message.success(t('storesPage.saved'));
              onClose();
            },
          })
        }
      >
        {doing.deed === 'add' && (
          <Form.Item name="kind" label={t('storesPage.licence.kind')} rules={must}>
            <Select
              showSearch={{ optionFilterProp: 'label' }}
              options={kinds.map((one) => ({
                value: one.code,
                label: i18n.language === 'zh' ? one.name_zh : one.name_en,
              }))}
            />
          </Form.Item>
        )}
        {doing.deed === 'add' && kind?.held_by === 'worker' && (
          <Form.Item name="person" label={t('storesPage.licence.holder')} rules={must}>
            <Select
              options={store.people
                .filter((one) => one.active)
                .map((one) => ({ value: one.person_id, label: one.name }))}
            />
          </Form.Item>
        )}
        {doing.deed === 'revoke' ? (
          <Form.Item name="reason" label={t('storesPage.licence.revokeReason')} rules={must}>
            <Input autoFocus maxLength={300} />
          </Form.Item>
        ) : (
          <>
            <Form.Item name="number" label={t('storesPage.licence.number')}>
              <Input maxLength={60} />
            </Form.Item>
            <Form.Item name="from" label={t('storesPage.licence.from')}>
              <DateField />
            </Form.Item>
            <Form.Item name="to" label={t('storesPage.licence.to')} extra={t('storesPage.licence.endlessHelp')}>
              <DateField />
            </Form.Item>
          </>
        )}
      </Form>
      <Failure error={save.error} />
    </Modal>
  );
}
