import { App, Button, Checkbox, Drawer, Form, Input, InputNumber, Radio, Select, TreeSelect } from 'antd';
import { useTranslation } from 'react-i18next';
import { Failure } from '../admin/Failure';
import { regionTree } from '../admin/regions';
import { useRegions } from '../regions/queries';
import { useLocalise, type Localisation, type VersionItem } from './queries';
import { instantOf, WhenField, type When } from './WhenField';

type Switch = 'above' | 'off' | 'on';
interface Fields extends When {
  code: string;
  region_id: string;
  name_zh: string;
  own: boolean;
  prices?: Record<Price, number>;
  switched: Switch;
  note: string;
}
const PRICES = ['price_min_fen', 'price_max_fen', 'price_public_fen', 'price_market_fen'] as const;
type Price = (typeof PRICES)[number];

interface Props {
  items: readonly VersionItem[];
  /** All that regions have said: the last one of an item in a region is what the next takes the place of. */
  said: readonly Localisation[];
  begin: Localisation | null;
  onClose: () => void;
}

export function LocaliseDrawer({ items, said, begin, onClose }: Props) {
  const { t, i18n } = useTranslation();
  const { message } = App.useApp();
  const regions = useRegions().data ?? [];
  const [form] = Form.useForm<Fields>();
  const own = Form.useWatch('own', form) ?? false;
  const switched = Form.useWatch('switched', form);
  const save = useLocalise();

  /** What is chosen already stands there; else the catalogue's own prices to begin with. */
  const fill = (code: string | undefined, region: string | undefined): void => {
    const there = said.find((one) => one.code === code && one.region_id === region && one.last);
    form.setFieldsValue(
      fieldsOf(
        there ?? null,
        items.find((one) => one.code === code),
      ) as never,
    );
  };
  const submit = (fields: Fields): void =>
    save.mutate(
      {
        code: fields.code,
        region_id: fields.region_id,
        seen:
          said.find((one) => one.code === fields.code && one.region_id === fields.region_id && one.last)?.number ?? 0,
        name_zh: fields.name_zh?.trim() || null,
        prices: fields.own && fields.prices ? inFen(fields.prices) : null,
        switched_off: fields.switched === 'above' ? null : fields.switched === 'off',
        note: (fields.note ?? '').trim(),
        valid_from: instantOf(fields),
      },
      {
        onSuccess: () => {
          void message.success(t('catalogPage.local.saved'));
          onClose();
        },
      },
    );
  const needed = { required: true, message: t('catalogPage.form.needed') };
  return (
    <Drawer
      open
      size={480}
      title={t('catalogPage.local.title')}
      onClose={onClose}
      footer={
        <div className="admin-keys">
          <Button onClick={onClose}>{t('adminPage.cancel')}</Button>
          <Button type="primary" data-testid="save-local" loading={save.isPending} onClick={() => form.submit()}>
            {t('adminPage.save')}
          </Button>
        </div>
      }
    >
      <Form<Fields>
        form={form}
        layout="vertical"
        initialValues={{
          when: 'now',
          code: begin?.code,
          region_id: begin?.region_id,
          ...fieldsOf(
            begin,
            items.find((one) => one.code === begin?.code),
          ),
        }}
        onValuesChange={(changed: Partial<Fields>, all) => {
          if ('code' in changed || 'region_id' in changed) fill(all.code, all.region_id);
        }}
        onFinish={submit}
      >
        <Form.Item name="code" label={t('catalogPage.local.item')} rules={[needed]}>
          <Select
            showSearch
            disabled={begin !== null}
            optionFilterProp="label"
            data-testid="local-item"
            options={items.map((item) => ({
              value: item.code,
              label: `${item.code} ${i18n.language === 'zh' ? item.name_zh : item.name_en}`,
            }))}
          />
        </Form.Item>
        <Form.Item
          name="region_id"
          label={t('catalogPage.local.region')}
          extra={t('catalogPage.local.regionHelp')}
          rules={[needed]}
        >
          <TreeSelect
            showSearch
            disabled={begin !== null}
            treeNodeFilterProp="title"
            data-testid="local-region"
            treeData={regionTree(regions.filter((one) => one.level !== 'grid'))}
          />
        </Form.Item>
        <Form.Item name="switched" label={t('catalogPage.local.switch')}>
          <Radio.Group
            options={(['above', 'off', 'on'] as const).map((one) => ({
              value: one,
              label: t(`catalogPage.local.switched.${one}`),
            }))}
          />
        </Form.Item>
        <Form.Item name="name_zh" label={t('catalogPage.local.name')}>
          <Input maxLength={100} placeholder={t('catalogPage.local.asAbove')} />
        </Form.Item>
        <Form.Item name="own" valuePropName="checked">
          <Checkbox>{t('catalogPage.local.ownPrices')}</Checkbox>
        </Form.Item>
        {own && (
          <div className="catalog-four">
            {PRICES.map((price) => (
              <Form.Item key={price} name={['prices', price]} label={t(`catalogPage.field.${price}`)} rules={[needed]}>
                <InputNumber min={0} max={1_000_000} precision={2} prefix="¥" />
              </Form.Item>
            ))}
          </div>
        )}
        <Form.Item
          name="note"
          label={t('catalogPage.local.note')}
          extra={t('catalogPage.local.noteHelp')}
          rules={switched === 'off' ? [{ ...needed, whitespace: true }] : []}
        >
          <Input maxLength={200} data-testid="local-note" />
        </Form.Item>
        <WhenField />
        <Failure error={save.error} />
      </Form>
    </Drawer>
  );
}

function fieldsOf(one: Localisation | null, item: VersionItem | undefined) {
  const prices = one?.prices ?? item;
  return {
    name_zh: one?.name_zh ?? '',
    own: (one?.prices ?? null) !== null,
    ...(prices && { prices: Object.fromEntries(PRICES.map((name) => [name, prices[name] / 100])) }),
    switched: switchOf(one?.switched_off ?? null),
    note: one?.note ?? '',
  };
}

function inFen(prices: Record<Price, number>): Record<Price, number> {
  return Object.fromEntries(PRICES.map((name) => [name, Math.round(prices[name] * 100)])) as Record<Price, number>;
}

function switchOf(off: boolean | null): Switch {
  return off === null ? 'above' : off ? 'off' : 'on';
}
