import { Cascader, Form, Input, Select } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { fieldLabel } from './labels';
import type { FormField, FormValues } from './profile-form';
import { PlaceMap } from '../regions/PlaceMap';
import { Section } from './ProfileView';
import { chainOf, regionTree, useRegions } from './queries';

interface ResidenceProps {
  extra: (field: FormField) => ReactNode;
  line: (field: FormField & string, more?: { max?: number; className?: string }) => ReactNode;
  onSet?: () => void;
}

/** Where she lives: the region by its tree, the grid of the chosen community. */
export function Residence({ extra, line, onSet }: ResidenceProps) {
  const { t } = useTranslation();
  const form = Form.useFormInstance<FormValues>();
  const regions = useRegions().data ?? [];
  const community = Form.useWatch('community_id', form);
  const latitude = Form.useWatch('latitude', form);
  const longitude = Form.useWatch('longitude', form);
  const grids = regions.filter((one) => one.parent_id === community && one.level === 'grid' && !one.retired);
  return (
    <Section title={t('eldersPage.section.residence')} wide>
      <div className="form-grid">
        <Form.Item
          name="community_id"
          label={fieldLabel('community_id')}
          extra={extra('community_id')}
          rules={[{ required: true, message: t('eldersPage.form.needCommunity') }]}
          getValueProps={(value: string) => ({ value: chainOf(regions, value).map((one) => one.id) })}
          getValueFromEvent={(path: string[] | undefined) => path?.at(-1) ?? ''}
        >
          <Cascader
            options={regionTree(regions)}
            showSearch
            allowClear={false}
            displayRender={(labels) => labels.slice(1).join(' ')}
            onChange={() => form.setFieldValue('grid_id', '')}
            data-testid="field-community"
          />
        </Form.Item>
        <Form.Item name="grid_id" label={fieldLabel('grid_id')} extra={extra('grid_id')}>
          <Select
            allowClear
            disabled={grids.length === 0}
            placeholder={t('eldersPage.form.gridFirst')}
            options={[
              { value: '', label: t('common.unknown') },
              ...grids.map((one) => ({ value: one.id, label: one.name })),
            ]}
          />
        </Form.Item>
        {line('street_address')}
        {line('building', { max: 20 })}
        {line('unit', { max: 20 })}
        {line('door', { max: 20 })}
        <Form.Item name="floor" label={fieldLabel('floor')} extra={extra('floor')}>
          <Input type="number" min={-5} max={150} />
        </Form.Item>
        <Form.Item name="has_lift" label={fieldLabel('has_lift')} extra={extra('has_lift')}>
          <Select
            options={[
              { value: '', label: t('common.unknown') },
              { value: 'yes', label: t('eldersPage.value.lift') },
              { value: 'no', label: t('eldersPage.value.noLift') },
            ]}
          />
        </Form.Item>
        {line('entrance_hint')}
        <Form.Item name="latitude" label={fieldLabel('latitude')} extra={extra('latitude')}>
          <Input type="number" step="any" min={-90} max={90} />
        </Form.Item>
        <Form.Item name="longitude" label={fieldLabel('longitude')} extra={extra('longitude')}>
          <Input type="number" step="any" min={-180} max={180} />
        </Form.Item>
      </div>
      <PlaceMap
        latitude={degrees(latitude)}
        longitude={degrees(longitude)}
        communityId={community ?? ''}
        onPick={(north, east) => {
          form.setFieldsValue({ latitude: String(north), longitude: String(east) });
          onSet?.();
        }}
      />
    </Section>
  );
}

const degrees = (text: string | undefined): number | null =>
  text === undefined || text.trim() === '' || Number.isNaN(Number(text)) ? null : Number(text);
