import { ArrowDownOutlined, ArrowUpOutlined, DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Checkbox, Form, Input } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { DateField } from './DateField';
import { fieldLabel } from './labels';
import type { FormField } from './profile-form';
import { Section } from './ProfileView';

const MAX_NUMBERS = 3;
const MAX_CONTACTS = 20;

/** Numbers and contacts: lists with an order. */
export function Rows({ extra }: { extra: (field: FormField) => ReactNode }) {
  const { t } = useTranslation();
  return (
    <>
      <Section title={t('eldersPage.section.numbers')} wide part="numbers">
        <p className="part-intro">{t('eldersPage.form.numbersHelp')}</p>
        {extra('numbers')}
        <Form.List name="numbers">
          {(rows, { add, remove, move }) => (
            <>
              {rows.map((row, index) => (
                <div key={row.key} className="form-row">
                  <Form.Item
                    name={[row.name, 'number']}
                    label={fieldLabel('numbers')}
                    rules={[{ required: true, whitespace: true, message: t('eldersPage.form.needNumber') }]}
                  >
                    <Input maxLength={64} data-testid={`field-number-${index}`} />
                  </Form.Item>
                  <Form.Item name={[row.name, 'label']} label={t('eldersPage.form.label')}>
                    <Input maxLength={20} placeholder={t('eldersPage.form.labelHelp')} />
                  </Form.Item>
                  <RowKeys index={index} count={rows.length} onMove={move} onRemove={remove} />
                </div>
              ))}
              <Button
                icon={<PlusOutlined />}
                disabled={rows.length >= MAX_NUMBERS}
                data-testid="add-number"
                onClick={() => add({ id: null, number: '', label: '' })}
              >
                {t('eldersPage.form.addNumber')}
              </Button>
            </>
          )}
        </Form.List>
      </Section>
      <Section title={t('eldersPage.section.contacts')} wide part="contacts">
        <p className="part-intro">{t('eldersPage.form.contactsHelp')}</p>
        {extra('contacts')}
        <Form.List name="contacts">
          {(rows, { add, remove, move }) => (
            <>
              {rows.map((row, index) => (
                <div key={row.key} className="form-row">
                  <Form.Item
                    name={[row.name, 'name']}
                    label={fieldLabel('name')}
                    rules={[{ required: true, whitespace: true, message: t('eldersPage.form.needName') }]}
                  >
                    <Input maxLength={60} />
                  </Form.Item>
                  <Form.Item
                    name={[row.name, 'relation']}
                    label={t('eldersPage.form.relation')}
                    rules={[{ required: true, whitespace: true, message: t('eldersPage.form.needRelation') }]}
                  >
                    <Input maxLength={30} />
                  </Form.Item>
                  <Form.Item
                    name={[row.name, 'number']}
                    label={fieldLabel('numbers')}
                    rules={[{ required: true, whitespace: true, message: t('eldersPage.form.needNumber') }]}
                  >
                    <Input maxLength={64} />
                  </Form.Item>
                  <Form.Item name={[row.name, 'key_note']} label={t('eldersPage.form.keyNote')}>
                    <Input maxLength={200} />
                  </Form.Item>
                  <Form.Item name={[row.name, 'valid_from']} label={t('eldersPage.form.validFrom')}>
                    <DateField />
                  </Form.Item>
                  <Form.Item name={[row.name, 'valid_to']} label={t('eldersPage.form.validTo')}>
                    <DateField />
                  </Form.Item>
                  <div className="form-row-keys">
                    <Form.Item name={[row.name, 'has_key']} valuePropName="checked" noStyle>
                      <Checkbox>{t('eldersPage.value.hasKey')}</Checkbox>
                    </Form.Item>
                    <Form.Item name={[row.name, 'is_guardian']} valuePropName="checked" noStyle>
                      <Checkbox>{t('eldersPage.value.guardian')}</Checkbox>
                    </Form.Item>
                  </div>
                  <RowKeys index={index} count={rows.length} onMove={move} onRemove={remove} />
                </div>
              ))}
              <Button
                icon={<PlusOutlined />}
                disabled={rows.length >= MAX_CONTACTS}
                data-testid="add-contact"
                onClick={() =>
                  add({
                    id: null,
                    name: '',
                    relation: '',
                    number: '',
                    has_key: false,
                    key_note: '',
                    is_guardian: false,
                    valid_from: '',
                    valid_to: '',
                  })
                }
              >
                {t('eldersPage.form.addContact')}
              </Button>
            </>
          )}
        </Form.List>
      </Section>
    </>
  );
}

interface RowKeysProps {
  index: number;
  count: number;
  onMove: (from: number, to: number) => void;
  onRemove: (index: number) => void;
}

function RowKeys({ index, count, onMove, onRemove }: RowKeysProps) {
  const { t } = useTranslation();
  return (
    <div className="form-row-keys">
      <Button
        type="text"
        icon={<ArrowUpOutlined />}
        disabled={index === 0}
        aria-label={t('eldersPage.form.up')}
        onClick={() => onMove(index, index - 1)}
      />
      <Button
        type="text"
        icon={<ArrowDownOutlined />}
        disabled={index === count - 1}
        aria-label={t('eldersPage.form.down')}
        onClick={() => onMove(index, index + 1)}
      />
      <Button
        type="text"
        icon={<DeleteOutlined />}
        aria-label={t('eldersPage.form.remove')}
        onClick={() => onRemove(index)}
      />
    </div>
  );
}
