import { Checkbox, Form, Input, Select } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { word } from '../../i18n/words';
import { DateField } from './DateField';
import { zhWords } from '../../i18n/zh-words';
import { fieldLabel, tell } from './labels';
import type { FormField, FormValues } from './profile-form';
import { Section } from './ProfileView';
import { useCategories } from './queries';
import { Residence } from './Residence';
import { Rows } from './Rows';

const CATEGORIES = ['低保', '特困', '高龄', '优抚', '计生特扶', '失能', '空巢'];
const DIALECTS = ['襄阳话', '普通话', '河南话', '武汉话', '四川话'];
const BLOOD = ['', 'A', 'B', 'AB', 'O', 'A-', 'B-', 'AB-', 'O-'];

interface Props {
  /** Masked; "" when there is none. */
  idOnRecord: string;
  /** Fields that somebody else changed too, and what stands there now. */
  conflicts?: readonly FormField[];
  theirs?: FormValues;
  /** Something was set by other means than typing: the pin on the map. */
  onSet?: () => void;
}

type Group = 'sex' | 'living' | 'ability' | 'hearing' | 'funding' | 'fallRisk';
const options = (group: Group) => Object.keys(zhWords[group]).map((one) => ({ value: one, label: word(group, one) }));

/** All fields of a profile, in its sections. Stands inside a Form of FormValues. */
export function Fields({ idOnRecord, conflicts = [], theirs, onSet }: Props) {
  const { t } = useTranslation();
  const categories = useCategories().data ?? [];
  const extra = (field: FormField): ReactNode =>
    theirs !== undefined && conflicts.includes(field) ? (
      <span className="form-theirs">{t('eldersPage.form.theirs', { value: told(field, theirs) })}</span>
    ) : undefined;
  const line = (field: FormField & string, more: { max?: number; className?: string } = {}) => (
    <Form.Item
      name={field}
      label={fieldLabel(field)}
      extra={extra(field)}
      {...(more.className && { className: more.className })}
    >
      <Input maxLength={more.max ?? 200} />
    </Form.Item>
  );
  const choice = (field: FormField & string, group: Group) => (
    <Form.Item name={field} label={fieldLabel(field)} extra={extra(field)}>
      <Select options={options(group)} />
    </Form.Item>
  );
  return (
    <div className="profile-sections">
      <Section title={t('eldersPage.section.identity')} wide>
        <div className="form-grid">
          <Form.Item
            name="name"
            label={fieldLabel('name')}
            extra={extra('name')}
            rules={[{ required: true, whitespace: true, message: t('eldersPage.form.needName') }]}
          >
            <Input maxLength={60} data-testid="field-name" />
          </Form.Item>
          {choice('sex', 'sex')}
          <Form.Item name="birth_date" label={fieldLabel('birth_date')} extra={extra('birth_date')}>
            <DateField />
          </Form.Item>
          <div>
            <Form.Item
              name="id_number"
              label={fieldLabel('id_number')}
              extra={idOnRecord ? t('eldersPage.form.idMasked', { number: idOnRecord }) : t('eldersPage.form.idHelp')}
            >
              <Input maxLength={18} autoComplete="off" data-testid="field-id-number" />
            </Form.Item>
            {idOnRecord && (
              <Form.Item name="id_cleared" valuePropName="checked">
                <Checkbox>{t('eldersPage.form.idClear')}</Checkbox>
              </Form.Item>
            )}
          </div>
          {line('card_number', { max: 40 })}
          {line('household_registration')}
        </div>
      </Section>
      <Residence extra={extra} line={line} {...(onSet && { onSet })} />
      <Rows extra={extra} />
      <Section title={t('eldersPage.section.living')} wide>
        <div className="form-grid">
          {choice('living', 'living')}
          <Form.Item name="categories" label={fieldLabel('categories')} extra={extra('categories')}>
            <Select
              mode="tags"
              placeholder={t('eldersPage.form.words')}
              options={[...new Set([...CATEGORIES, ...categories])].map((one) => ({ value: one, label: one }))}
            />
          </Form.Item>
          <Form.Item
            name="wandering"
            label={fieldLabel('wandering')}
            valuePropName="checked"
            extra={extra('wandering')}
          >
            <Checkbox>{t('eldersPage.value.yes')}</Checkbox>
          </Form.Item>
          {choice('ability', 'ability')}
          <Form.Item name="ability_on" label={fieldLabel('ability_on')} extra={extra('ability_on')}>
            <DateField />
          </Form.Item>
          {choice('hearing', 'hearing')}
          <Form.Item name="dialect" label={fieldLabel('dialect')} extra={extra('dialect')}>
            <Input maxLength={200} list="dialects" data-testid="field-dialect" />
          </Form.Item>
          <datalist id="dialects">
            {DIALECTS.map((one) => (
              <option key={one} value={one} />
            ))}
          </datalist>
        </div>
      </Section>
      <Section title={t('eldersPage.section.health')} wide>
        {extra('health')}
        <div className="form-grid">
          {(['chronic_illness', 'medication', 'allergies', 'implants'] as const).map((field) => (
            <Form.Item
              key={field}
              name={['health', field]}
              label={fieldLabel(`health.${field}`)}
              className={field === 'medication' ? 'form-span-2' : ''}
            >
              <Select
                mode="tags"
                open={false}
                suffixIcon={null}
                placeholder={t('eldersPage.form.words')}
                maxCount={30}
              />
            </Form.Item>
          ))}
          <Form.Item name={['health', 'blood_type']} label={fieldLabel('health.blood_type')}>
            <Select options={BLOOD.map((one) => ({ value: one, label: one || t('common.unknown') }))} />
          </Form.Item>
          <Form.Item name={['health', 'fall_risk']} label={fieldLabel('health.fall_risk')}>
            <Select options={options('fallRisk')} />
          </Form.Item>
          <Form.Item name={['health', 'notes']} label={fieldLabel('health.notes')} className="form-span-3">
            <Input.TextArea rows={2} maxLength={2000} />
          </Form.Item>
        </div>
      </Section>
      <Section title={t('eldersPage.section.care')} wide>
        <div className="form-grid">
          {line('preferred_hospital')}
          {line('family_doctor')}
          {line('family_doctor_number', { max: 64 })}
          {choice('funding', 'funding')}
        </div>
      </Section>
    </div>
  );
}

function told(field: FormField, values: FormValues): string {
  const value = values[field];
  if (field === 'numbers' || field === 'contacts' || field === 'health') {
    return JSON.stringify(value) === '[]'
      ? '–'
      : tell(field, null, Array.isArray(value) ? value : []).added.join('、') || '…';
  }
  return tell(field, null, value).after || (Array.isArray(value) ? value.join('、') : '') || '–';
}
