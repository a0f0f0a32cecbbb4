import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Form, Input, Modal, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ExceptionForm } from './queries';
import { weekdayOf, withException, withoutException } from './rota';
import type { RotaPart } from './Shifts';

const EXTRA = '';

/** Days that are otherwise: somebody else, nobody, or one more. A swap is two of them. */
export function Exceptions(part: RotaPart) {
  const { draft, onChange, writes, people } = part;
  const { t } = useTranslation();
  const [adding, setAdding] = useState(false);
  const names = new Map(people.map((one) => [one.id, one.name]));
  const shifts = new Map(draft.shifts.map((one) => [one.id, one]));
  const say = (one: ExceptionForm): string => {
    const shift = one.shift_id ? shifts.get(one.shift_id) : undefined;
    const whose = shift ? `${names.get(shift.person_id) ?? ''} ${shift.starts}–${shift.ends} → ` : '';
    const who = one.person_id ? (names.get(one.person_id) ?? '') : t('regionsPage.duty.dropped');
    return `${whose}${who}${shift ? '' : ` ${one.starts}–${one.ends}`}`;
  };
  return (
    <section className="panel duty-card">
      <header>
        <h2>{t('regionsPage.duty.exceptions')}</h2>
        {writes && (
          <Button
            size="small"
            icon={<PlusOutlined />}
            data-testid="exception-add"
            disabled={people.every((one) => !one.active)}
            onClick={() => setAdding(true)}
          >
            {t('regionsPage.duty.addException')}
          </Button>
        )}
      </header>
      {draft.exceptions.length === 0 && <p className="quiet">{t('regionsPage.duty.noExceptions')}</p>}
      {draft.exceptions.map((one) => (
        <div key={one.id} className="duty-row">
          <span className="num">{one.on_date}</span>
          <span className="ellipsis">
            {say(one)} <span className="quiet">{one.note}</span>
          </span>
          {writes && (
            <Button
              type="text"
              size="small"
              icon={<DeleteOutlined />}
              aria-label={`${t('regionsPage.duty.remove')} ${one.on_date}`}
              onClick={() => onChange(withoutException(draft, one.id))}
            />
          )}
        </div>
      ))}
      {adding && (
        <ExceptionDialog
          {...part}
          onClose={() => setAdding(false)}
          onDone={(one) => {
            onChange(withException(draft, one));
            setAdding(false);
          }}
        />
      )}
    </section>
  );
}

interface Fields {
  on_date: string;
  shift_id: string;
  person_id: string;
  starts: string;
  ends: string;
  level: ExceptionForm['level'];
  note: string;
}

function ExceptionDialog({
  draft,
  people,
  onDone,
  onClose,
}: RotaPart & { onDone: (one: ExceptionForm) => void; onClose: () => void }) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Fields>();
  const day = Form.useWatch('on_date', form) ?? '';
  const shiftId = Form.useWatch('shift_id', form) ?? EXTRA;
  const names = new Map(people.map((one) => [one.id, one.name]));
  const taken = new Set(draft.exceptions.filter((one) => one.on_date === day).map((one) => one.shift_id));
  const fitting = draft.shifts.filter(
    (one) => day !== '' && one.weekdays.includes(weekdayOf(day)) && !taken.has(one.id),
  );
  const done = (fields: Fields): void => {
    const shift = draft.shifts.find((one) => one.id === fields.shift_id);
    onDone({
      id: crypto.randomUUID(),
      on_date: fields.on_date,
      shift_id: shift?.id ?? null,
      person_id: fields.person_id || null,
      level: shift?.level ?? fields.level,
      region_id: shift?.region_id ?? null,
      starts: shift?.starts ?? fields.starts,
      ends: shift?.ends ?? fields.ends,
      note: fields.note,
    });
  };
  const required = [{ required: true, message: t('regionsPage.rowProblem.missing') }];
  return (
    <Modal
      open
      title={t('regionsPage.duty.addException')}
      okText={t('common.confirm')}
      cancelText={t('common.cancel')}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      <Form
        form={form}
        layout="vertical"
        initialValues={{
          on_date: '',
          shift_id: EXTRA,
          person_id: '',
          starts: '08:00',
          ends: '20:00',
          level: 'supervisor',
          note: '',
        }}
        onFinish={done}
      >
        <Form.Item name="on_date" label={t('regionsPage.duty.date')} rules={required}>
          <Input type="date" onChange={() => form.setFieldValue('shift_id', EXTRA)} />
        </Form.Item>
        <Form.Item name="shift_id" label={t('regionsPage.duty.whichShift')}>
          <Select
            options={[
              { value: EXTRA, label: t('regionsPage.duty.extra') },
              ...fitting.map((one) => ({
                value: one.id,
                label: `${names.get(one.person_id) ?? ''} ${one.starts}–${one.ends}`,
              })),
            ]}
          />
        </Form.Item>
        <Form.Item name="person_id" label={t('regionsPage.duty.instead')} rules={shiftId === EXTRA ? required : []}>
          <Select
            options={[
              ...(shiftId === EXTRA ? [] : [{ value: '', label: t('regionsPage.duty.dropped') }]),
              ...people.filter((one) => one.active).map((one) => ({ value: one.id, label: one.name })),
            ]}
          />
        </Form.Item>
        {shiftId === EXTRA && (
          <div className="regions-bar">
            <Form.Item name="level" label={t('regionsPage.duty.level')}>
              <Select
                options={(['supervisor', 'street', 'technical'] as const).map((level) => ({
                  value: level,
                  label: t(`regionsPage.dutyLevel.${level}`),
                }))}
              />
            </Form.Item>
            <Form.Item name="starts" label={t('regionsPage.duty.starts')} rules={required}>
              <Input type="time" />
            </Form.Item>
            <Form.Item name="ends" label={t('regionsPage.duty.ends')} rules={required}>
              <Input type="time" />
            </Form.Item>
          </div>
        )}
        <Form.Item name="note" label={t('regionsPage.duty.note')}>
          <Input maxLength={200} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
