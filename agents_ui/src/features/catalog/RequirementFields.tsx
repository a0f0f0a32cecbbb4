import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Form, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { useLicences, type Licence } from './queries';

/** Groups of licences: all groups are asked for, of each any one. A group is of the store or of the worker. */
export function RequirementFields() {
  const { t, i18n } = useTranslation();
  const form = Form.useFormInstance();
  const licences = useLicences().data ?? [];
  const chosen = (Form.useWatch('requirements', form) ?? []) as string[][];
  return (
    <Form.List name="requirements">
      {(fields, { add, remove }) => (
        <fieldset className="catalog-groups">
          <legend>{t('catalogPage.field.requirements')}</legend>
          <p className="quiet">{t('catalogPage.form.requirementsHelp')}</p>
          {fields.map(({ key, name }, index) => (
            <div key={key} className="catalog-one-group">
              {index > 0 && <span className="quiet">{t('catalogPage.form.also')}</span>}
              <Form.Item
                name={name}
                noStyle
                rules={[{ required: true, type: 'array', min: 1, message: t('catalogPage.form.needed') }]}
              >
                <Select
                  mode="multiple"
                  aria-label={t('catalogPage.form.group', { number: index + 1 })}
                  optionFilterProp="label"
                  placeholder={t('catalogPage.form.anyOf')}
                  options={optionsFor(licences, chosen[index] ?? [], i18n.language, (holder) =>
                    t(`catalogPage.heldBy.${holder}`),
                  )}
                />
              </Form.Item>
              <Button
                aria-label={t('catalogPage.form.removeGroup')}
                icon={<DeleteOutlined />}
                disabled={fields.length === 1}
                onClick={() => remove(name)}
              />
            </div>
          ))}
          <Button size="small" icon={<PlusOutlined />} onClick={() => add([])}>
            {t('catalogPage.form.addGroup')}
          </Button>
        </fieldset>
      )}
    </Form.List>
  );
}

/** Once one is chosen, only those of the same holder. */
export function optionsFor(
  licences: readonly Licence[],
  chosen: readonly string[],
  language: string,
  label: (holder: Licence['held_by']) => string,
): { label: string; options: { value: string; label: string }[] }[] {
  const holder = licences.find((one) => one.code === chosen[0])?.held_by;
  return (['store', 'worker'] as const)
    .filter((one) => holder === undefined || one === holder)
    .map((one) => ({
      label: label(one),
      options: licences
        .filter((licence) => licence.held_by === one)
        .map((licence) => ({ value: licence.code, label: language === 'zh' ? licence.name_zh : licence.name_en })),
    }));
}
