import { useMutation, useQueryClient } from '@tanstack/react-query';
import { App, Button, Checkbox, Empty, Form, Input, Modal, Popconfirm, Select, Skeleton, Tag, TreeSelect } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { api, unwrap } from '../../api/client';
import { useConsole } from '../../app/console-context';
import { may } from '../../app/session';
import { Failure, NotLoaded } from '../admin/Failure';
import { regionTree } from '../admin/regions';
import { useRegions } from '../regions/queries';
import { useOrganisations, type Organisation } from './queries';
import { ReportDialog } from './ReportDialog';

const KINDS: Organisation['kind'][] = ['home_service', 'volunteers', 'hospital', 'community'];

export function Organisations() {
  const { me } = useConsole();
  const { t } = useTranslation();
  const queries = useQueryClient();
  const found = useOrganisations();
  const [editing, setEditing] = useState<Organisation | 'new' | null>(null);
  const [adding, setAdding] = useState<Organisation | null>(null);
  const [reporting, setReporting] = useState<Organisation | null>(null);
  const admits = may(me, 'stores:admit');
  const remove = useMutation({
    mutationFn: ({ id, person }: { id: string; person: string }) =>
      unwrap(
        api.DELETE('/api/organisations/{organisation_id}/officers/{person_id}', {
          params: { path: { organisation_id: id, person_id: person } },
        }),
      ),
    onSettled: () => void queries.invalidateQueries({ queryKey: ['organisations'] }),
  });
  if (found.isPending) return <Skeleton active />;
  if (found.isError) return <NotLoaded error={found.error} again={() => void found.refetch()} />;
  return (
    <div className="stores-part">
      <div className="stores-tools">
        <span className="quiet">{t('storesPage.organisation.help')}</span>
        <span className="stores-space" />
        {admits && (
          <Button type="primary" data-testid="organisation-add" onClick={() => setEditing('new')}>
            {t('storesPage.organisation.add')}
          </Button>
        )}
      </div>
      {found.data.length === 0 && (
        <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('storesPage.organisation.none')} />
      )}
      {found.data.length > 0 && (
        <table className="stores-table stores-still">
          <thead>
            <tr>
              <th>{t('storesPage.organisation.name')}</th>
              <th>{t('storesPage.organisation.type')}</th>
              <th>{t('storesPage.organisation.region')}</th>
              <th>{t('storesPage.organisation.stores')}</th>
              <th>{t('storesPage.organisation.officers')}</th>
              <th aria-label={t('storesPage.organisation.edit')} />
            </tr>
          </thead>
          <tbody>
            {found.data.map((one) => (
              <tr key={one.id}>
                <td>
                  <strong>{one.name}</strong> {!one.active && <Tag>{t('storesPage.organisation.inactive')}</Tag>}
                </td>
                <td className="stores-nowrap">{t(`storesPage.organisation.kind.${one.kind}`)}</td>
                <td>{one.region || t('storesPage.organisation.everywhere')}</td>
                <td className="num">
                  <Link to={`/stores?organisation=${one.id}`}>{one.stores}</Link>
                </td>
                <td>
                  {one.officers.map((officer) => (
                    <span key={officer.person_id} className="stores-officer">
                      {officer.name} <span className="num quiet">{officer.number}</span>
                      {admits && (
                        <Popconfirm
                          title={t('storesPage.organisation.removeOfficer', { name: officer.name })}
                          onConfirm={() => remove.mutate({ id: one.id, person: officer.person_id })}
                        >
                          <Button
                            type="text"
                            size="small"
                            aria-label={t('storesPage.organisation.removeOfficer', { name: officer.name })}
                          >
                            ×
                          </Button>
                        </Popconfirm>
                      )}
                    </span>
                  ))}
                </td>
                <td className="stores-nowrap">
                  <Button type="link" size="small" onClick={() => setReporting(one)}>
                    {t('storesPage.organisation.report')}
                  </Button>
                  {admits && (
                    <>
                      <Button type="link" size="small" onClick={() => setAdding(one)}>
                        {t('storesPage.organisation.addOfficer')}
                      </Button>
                      <Button type="link" size="small" onClick={() => setEditing(one)}>
                        {t('storesPage.person.edit')}
                      </Button>
                    </>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Failure error={remove.error} />
      {editing !== null && <OrganisationDialog organisation={editing} onClose={() => setEditing(null)} />}
      {adding !== null && <OfficerDialog organisation={adding} onClose={() => setAdding(null)} />}
      {reporting !== null && <ReportDialog organisation={reporting} onClose={() => setReporting(null)} />}
    </div>
  );
}

interface Fields {
  kind: Organisation['kind'];
  name: string;
  region_id?: string | null;
  active: boolean;
}

function useDone(onClose: () => void): () => void {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const queries = useQueryClient();
  return () => {
    void queries.invalidateQueries({ queryKey: ['organisations'] });
    void message.success(t('storesPage.saved'));
    onClose();
  };
}

function OrganisationDialog({ organisation, onClose }: { organisation: Organisation | 'new'; onClose: () => void }) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Fields>();
  const regions = useRegions().data ?? [];
  const save = useMutation({
    mutationFn: ({ region_id, ...values }: Fields) => {
      const body = { ...values, region_id: region_id ?? null };
      return unwrap(
        organisation === 'new'
          ? api.POST('/api/organisations', { body })
          : api.PUT('/api/organisations/{organisation_id}', {
              params: { path: { organisation_id: organisation.id } },
              body: { ...body, version: organisation.version },
            }),
      );
    },
    onSuccess: useDone(onClose),
  });
  const must = [{ required: true, message: t('storesPage.file.problem.required') }];
  return (
    <Modal
      open
      title={t(organisation === 'new' ? 'storesPage.organisation.add' : 'storesPage.organisation.edit')}
      okText={t('storesPage.save')}
      cancelText={t('storesPage.cancel')}
      confirmLoading={save.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      <Form
        form={form}
        layout="vertical"
        initialValues={organisation === 'new' ? { kind: 'home_service', active: true } : organisation}
        onFinish={(values) => save.mutate(values)}
      >
        <Form.Item name="name" label={t('storesPage.organisation.name')} rules={must}>
          <Input maxLength={60} />
        </Form.Item>
        <Form.Item name="kind" label={t('storesPage.organisation.type')}>
          <Select options={KINDS.map((value) => ({ value, label: t(`storesPage.organisation.kind.${value}`) }))} />
        </Form.Item>
        <Form.Item name="region_id" label={t('storesPage.organisation.region')}>
          <TreeSelect allowClear treeData={regionTree(regions)} placeholder={t('storesPage.organisation.everywhere')} />
        </Form.Item>
        <Form.Item name="active" valuePropName="checked">
          <Checkbox>{t('storesPage.organisation.active')}</Checkbox>
        </Form.Item>
      </Form>
      <Failure error={save.error} />
    </Modal>
  );
}

function OfficerDialog({ organisation, onClose }: { organisation: Organisation; onClose: () => void }) {
  const { t } = useTranslation();
  const [form] = Form.useForm<{ name: string; number: string }>();
  const save = useMutation({
    mutationFn: (body: { name: string; number: string }) =>
      unwrap(
        api.POST('/api/organisations/{organisation_id}/officers', {
          params: { path: { organisation_id: organisation.id } },
          body,
        }),
      ),
    onSuccess: useDone(onClose),
  });
  const must = [{ required: true, whitespace: true, message: t('storesPage.file.problem.required') }];
  return (
    <Modal
      open
      title={`${t('storesPage.organisation.addOfficer')} · ${organisation.name}`}
      okText={t('storesPage.save')}
      cancelText={t('storesPage.cancel')}
      confirmLoading={save.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      <Form form={form} layout="vertical" onFinish={(values) => save.mutate(values)}>
        <Form.Item name="name" label={t('storesPage.person.name')} rules={must}>
          <Input maxLength={60} />
        </Form.Item>
        <Form.Item name="number" label={t('storesPage.person.number')} rules={must}>
          <Input maxLength={64} className="num" />
        </Form.Item>
      </Form>
      <Failure error={save.error} />
    </Modal>
  );
}
