import { Button, Drawer, Form, Input, InputNumber, Select, Switch } from 'antd';
import { useTranslation } from 'react-i18next';
import { word } from '../../i18n/words';
import type { ItemForm, VersionItem } from './queries';
import { RequirementFields } from './RequirementFields';
import { CATEGORIES, CLAIM, CLASSES, draftOf, formOf, HOME_VISIT, UNITS, VOLUNTEER, type Draft } from './text';

interface Props {
  /** null: a new one. */
  item: VersionItem | null;
  draft: Draft;
  /** Codes that are in use. */
  taken: readonly string[];
  onKeep: (code: string, draft: Draft) => void;
  onClose: () => void;
}

/** Prices as people write them, in yuan. */
const PRICES = ['price_min_fen', 'price_max_fen', 'price_public_fen', 'price_market_fen'] as const;
const NEW: Draft = {
  category: 'housekeeping',
  unit: 'visit',
  sla_class: 'N1',
  home_visit: 'yes',
  volunteer: 'no',
  claim_mode: 'open',
  active: true,
  off_reason: '',
  requirements: [['real_name']],
};

export function ItemDrawer({ item, draft, taken, onKeep, onClose }: Props) {
  const { t } = useTranslation();
  const [form] = Form.useForm<ItemForm>();
  const active = Form.useWatch('active', form) ?? true;
  const begin = { ...(item === null ? NEW : formOf(item)), ...draft };
  const initial = { ...begin, ...Object.fromEntries(PRICES.map((name) => [name, inYuan(begin[name])])) };

  const finish = (fields: ItemForm): void => {
    const whole: ItemForm = {
      ...fields,
      is_new: item === null,
      off_reason: fields.active ? '' : (fields.off_reason ?? '').trim(),
      ...Object.fromEntries(PRICES.map((name) => [name, Math.round(Number(fields[name]) * 100)])),
    };
    onKeep(whole.code, item === null ? whole : draftOf(item, whole));
    onClose();
  };
  const choice = (group: 'homeVisit' | 'volunteerPart' | 'claim', values: readonly string[]) =>
    values.map((value) => ({ value, label: t(`catalogPage.${group}.${value}` as never) }));
  const notBelow = (other: keyof ItemForm) => ({
    validator: (_: unknown, value: number | null) =>
      value !== null && value < Number(form.getFieldValue(other))
        ? Promise.reject(new Error(t('catalogPage.form.below', { other: t(`catalogPage.field.${other}` as never) })))
        : Promise.resolve(),
  });
  const needed = { required: true, message: t('catalogPage.form.needed') };
  return (
    <Drawer
      open
      size={560}
      title={item === null ? t('catalogPage.form.addTitle') : `${item.code} ${item.name_zh}`}
      onClose={onClose}
      footer={
        <div className="admin-keys">
          <span className="quiet admin-grow">{t('catalogPage.form.later')}</span>
          <Button onClick={onClose}>{t('adminPage.cancel')}</Button>
          <Button type="primary" data-testid="keep-item" onClick={() => form.submit()}>
            {t('catalogPage.form.keep')}
          </Button>
        </div>
      }
    >
      <Form<ItemForm> form={form} layout="vertical" initialValues={initial} onFinish={finish}>
        <div className="admin-pair">
          <Form.Item
            name="code"
            label={t('catalogPage.field.code')}
            {...(item === null && { extra: t('catalogPage.form.codeHelp') })}
            rules={[
              { required: true, pattern: /^[A-Z]{2}[0-9]{2}$/, message: t('catalogPage.form.codeBad') },
              {
                validator: (_, code: string) =>
                  item === null && taken.includes(code)
                    ? Promise.reject(new Error(t('error.item_code_taken')))
                    : Promise.resolve(),
              },
            ]}
          >
            <Input disabled={item !== null} maxLength={4} data-testid="item-code" />
          </Form.Item>
          <Form.Item name="category" label={t('catalogPage.field.category')}>
            <Select
              disabled={item !== null}
              options={CATEGORIES.map((one) => ({ value: one, label: word('catalogCategory', one) }))}
            />
          </Form.Item>
          <Form.Item name="name_zh" label={t('catalogPage.field.name_zh')} rules={[{ ...needed, whitespace: true }]}>
            <Input maxLength={100} data-testid="item-name" />
          </Form.Item>
          <Form.Item name="name_en" label={t('catalogPage.field.name_en')} rules={[{ ...needed, whitespace: true }]}>
            <Input maxLength={100} data-testid="item-name-en" />
          </Form.Item>
        </div>
        <div className="catalog-four">
          <Form.Item name="price_min_fen" label={t('catalogPage.field.price_min_fen')} rules={[needed]}>
            <InputNumber min={0} max={1_000_000} precision={2} prefix="¥" data-testid="price-min" />
          </Form.Item>
          <Form.Item
            name="price_max_fen"
            label={t('catalogPage.field.price_max_fen')}
            dependencies={['price_min_fen']}
            rules={[needed, notBelow('price_min_fen')]}
          >
            <InputNumber min={0} max={1_000_000} precision={2} prefix="¥" data-testid="price-max" />
          </Form.Item>
          <Form.Item name="price_public_fen" label={t('catalogPage.field.price_public_fen')} rules={[needed]}>
            <InputNumber min={0} max={1_000_000} precision={2} prefix="¥" data-testid="price-public" />
          </Form.Item>
          <Form.Item
            name="price_market_fen"
            label={t('catalogPage.field.price_market_fen')}
            dependencies={['price_public_fen']}
            rules={[needed, notBelow('price_public_fen')]}
          >
            <InputNumber min={0} max={1_000_000} precision={2} prefix="¥" data-testid="price-market" />
          </Form.Item>
        </div>
        <div className="catalog-four">
          <Form.Item name="unit" label={t('catalogPage.field.unit')}>
            <Select options={UNITS.map((one) => ({ value: one, label: word('catalogUnit', one) }))} />
          </Form.Item>
          <Form.Item name="minutes_min" label={t('catalogPage.field.minutes_min')} rules={[needed]}>
            <InputNumber min={0} max={1440} precision={0} />
          </Form.Item>
          <Form.Item
            name="minutes_max"
            label={t('catalogPage.field.minutes_max')}
            dependencies={['minutes_min']}
            rules={[needed, notBelow('minutes_min')]}
          >
            <InputNumber min={0} max={1440} precision={0} />
          </Form.Item>
          <Form.Item name="sla_class" label={t('catalogPage.field.sla_class')}>
            <Select
              popupMatchSelectWidth={false}
              options={CLASSES.map((one) => ({ value: one, label: `${one} ${t(`catalogPage.class.${one}`)}` }))}
            />
          </Form.Item>
        </div>
        <RequirementFields />
        <div className="catalog-three">
          <Form.Item name="claim_mode" label={t('catalogPage.field.claim_mode')}>
            <Select popupMatchSelectWidth={false} options={choice('claim', CLAIM)} />
          </Form.Item>
          <Form.Item name="home_visit" label={t('catalogPage.field.home_visit')}>
            <Select options={choice('homeVisit', HOME_VISIT)} />
          </Form.Item>
          <Form.Item name="volunteer" label={t('catalogPage.field.volunteer')}>
            <Select options={choice('volunteerPart', VOLUNTEER)} />
          </Form.Item>
        </div>
        <Form.Item name="active" label={t('catalogPage.field.active')} valuePropName="checked">
          <Switch data-testid="item-active" />
        </Form.Item>
        {!active && (
          <Form.Item
            name="off_reason"
            label={t('catalogPage.field.off_reason')}
            extra={t('catalogPage.form.offHelp')}
            rules={[{ ...needed, whitespace: true }]}
          >
            <Input maxLength={100} data-testid="off-reason" />
          </Form.Item>
        )}
      </Form>
    </Drawer>
  );
}

function inYuan(fen: number | undefined): number | undefined {
  return fen === undefined ? undefined : fen / 100;
}
