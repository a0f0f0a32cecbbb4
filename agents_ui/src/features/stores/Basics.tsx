import { App, Button, Cascader, Form, Input, InputNumber, Select, Switch } from 'antd';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { Failure } from '../admin/Failure';
import { chainOf, regionTree, useRegions } from '../elders/queries';
import { PlaceMap } from '../regions/PlaceMap';
import { useChange, useOrganisations, type StoreForm, type StoreView } from './queries';

interface Props {
  store: StoreView | null;
  writes: boolean;
  onMade?: (store: StoreView) => void;
}

type Fields = Omit<StoreForm, 'community_id' | 'hours'> & { place: string[] };
const OPEN = [[480, 1080]]; // what a new one begins with
const WEEK = [OPEN, OPEN, OPEN, OPEN, OPEN, OPEN, OPEN];

export function Basics({ store, writes, onMade }: Props) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const [form] = Form.useForm<Fields>();
  const regions = useRegions().data ?? [];
  const organisations = useOrganisations().data ?? [];
  const save = useChange(store?.id ?? 'new', (body: StoreForm) =>
    unwrap(
      store === null
        ? api.POST('/api/stores', { body })
        : api.PUT('/api/stores/{store_id}', {
            params: { path: { store_id: store.id } },
            body: { ...body, version: store.version },
          }),
    ),
  );
  const community = Form.useWatch('place', form)?.at(-1) ?? store?.community_id ?? null;
  const latitude = Form.useWatch('latitude', form) ?? null;
  const longitude = Form.useWatch('longitude', form) ?? null;
  if (regions.length === 0) return null;
  const first: Partial<Fields> =
    store === null
      ? { kind: 'store', has_smartphone: true, daily_capacity: 20, at_once: 3 }
      : { ...store, place: chainOf(regions, store.community_id).map((one) => one.id) };
  const finish = ({ place, ...values }: Fields): void =>
    save.mutate(
      {
        kind: values.kind,
        name: values.name,
        organisation_id: values.organisation_id ?? null,
        community_id: place.at(-1) ?? '',
        address: values.address ?? '',
        latitude,
        longitude,
        number: values.number,
        contact_name: values.contact_name ?? '',
        has_smartphone: values.has_smartphone,
        daily_capacity: values.daily_capacity,
        at_once: values.at_once,
        hours: store?.hours ?? WEEK,
      },
      {
        onSuccess: (made) => {
          void message.success(t('storesPage.saved'));
          onMade?.(made);
        },
      },
    );
  const must = [{ required: true, message: t('storesPage.file.problem.required') }];
  return (
    <Form
      form={form}
      layout="vertical"
      initialValues={first}
      disabled={!writes}
      onFinish={finish}
      className="stores-form"
    >
      <div className="stores-columns">
        <Form.Item name="name" label={t('storesPage.basic.name')} rules={must}>
          <Input maxLength={60} data-testid="store-name" />
        </Form.Item>
        <Form.Item name="kind" label={t('storesPage.basic.kind')}>
          <Select
            options={(['store', 'volunteers'] as const).map((value) => ({
              value,
              label: t(`storesPage.kind.${value}`),
            }))}
          />
        </Form.Item>
        <Form.Item name="number" label={t('storesPage.basic.number')} rules={must}>
          <Input maxLength={64} className="num" data-testid="store-number" />
        </Form.Item>
        <Form.Item name="contact_name" label={t('storesPage.basic.contact')}>
          <Input maxLength={60} />
        </Form.Item>
        <Form.Item name="organisation_id" label={t('storesPage.basic.organisation')}>
          <Select
            allowClear
            options={organisations
              .filter((one) => one.active || one.id === store?.organisation_id)
              .map((one) => ({ value: one.id, label: one.name }))}
          />
        </Form.Item>
        <Form.Item name="place" label={t('storesPage.basic.community')} rules={must}>
          <Cascader options={regionTree(regions)} displayRender={(labels) => labels.at(-1)} data-testid="store-place" />
        </Form.Item>
        <Form.Item name="daily_capacity" label={t('storesPage.basic.daily')} rules={must}>
          <InputNumber min={0} max={1000} precision={0} />
        </Form.Item>
        <Form.Item name="at_once" label={t('storesPage.basic.atOnce')} rules={must}>
          <InputNumber min={0} max={200} precision={0} />
        </Form.Item>
        <Form.Item name="address" label={t('storesPage.basic.address')}>
          <Input maxLength={200} />
        </Form.Item>
        <Form.Item
          name="has_smartphone"
          label={t('storesPage.basic.smartphone')}
          valuePropName="checked"
          extra={t('storesPage.basic.smartphoneHelp')}
        >
          <Switch />
        </Form.Item>
        <Form.Item name="latitude" hidden>
          <InputNumber />
        </Form.Item>
        <Form.Item name="longitude" hidden>
          <InputNumber />
        </Form.Item>
        <Failure error={save.error} />
        {writes && (
          <div className="stores-save">
            <Button type="primary" htmlType="submit" loading={save.isPending} data-testid="store-save">
              {t('storesPage.save')}
            </Button>
          </div>
        )}
      </div>
      {community !== null && (
        <PlaceMap
          latitude={latitude}
          longitude={longitude}
          communityId={community}
          {...(writes && {
            onPick: (north: number, east: number) => form.setFieldsValue({ latitude: north, longitude: east }),
          })}
        />
      )}
    </Form>
  );
}
