import { DeleteOutlined, EditOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Checkbox, Form, Input, Modal, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DutyPerson, RegionView, ShiftForm } from './queries';
import { endsNextDay, withoutShift, withShift, type Draft } from './rota';

export interface RotaPart {
  draft: Draft;
  onChange: (draft: Draft) => void;
  writes: boolean;
  people: readonly DutyPerson[];
  regions: readonly RegionView[];
}

const LEVELS = ['supervisor', 'street', 'technical'] as const;
const DAYS = [0, 1, 2, 3, 4, 5, 6] as const;

export function Shifts({ draft, onChange, writes, people, regions }: RotaPart) {
  const { t } = useTranslation();
  const [editing, setEditing] = useState<ShiftForm | 'new' | null>(null);
  const names = new Map(people.map((one) => [one.id, one.name]));
  const places = new Map(regions.map((one) => [one.id, one.short_name]));
  const days = (of: readonly number[]): string =>
    of.length === 7
      ? t('regionsPage.duty.everyDay')
      : of.map((day) => t(`regionsPage.weekday.d${day}` as 'regionsPage.weekday.d0')).join(' ');
  return (
    <section className="panel duty-card">
      <header>
        <h2>{t('regionsPage.duty.shifts')}</h2>
        {writes && (
          <Button
            size="small"
            icon={<PlusOutlined />}
            data-testid="shift-add"
            disabled={people.every((one) => !one.active)}
            title={people.length === 0 ? t('regionsPage.duty.noPeople') : ''}
            onClick={() => setEditing('new')}
          >
            {t('regionsPage.duty.addShift')}
          </Button>
        )}
      </header>
      {draft.shifts.length === 0 && <p className="quiet">{t('regionsPage.duty.noShifts')}</p>}
      {draft.shifts.map((shift) => (
        <div key={shift.id} className="duty-row" data-testid={`shift-${shift.id}`}>
          <span className="ellipsis">
            <strong>{names.get(shift.person_id) ?? '–'}</strong>{' '}
            <span className="num">
              {shift.starts}–{shift.ends}
            </span>
            {endsNextDay(shift.starts, shift.ends) && <span className="quiet"> {t('regionsPage.duty.nextDay')}</span>}{' '}
            <span className="quiet">
              {days(shift.weekdays)} · {t(`regionsPage.dutyLevel.${shift.level}`)}
              {shift.region_id && ` ${places.get(shift.region_id) ?? ''}`}
              {(shift.valid_from || shift.valid_to) && ` · ${shift.valid_from ?? ''} ~ ${shift.valid_to ?? ''}`}
            </span>
          </span>
          {writes && (
            <>
              <Button
                type="text"
                size="small"
                icon={<EditOutlined />}
                aria-label={`${t('regionsPage.duty.edit')} ${names.get(shift.person_id) ?? ''}`}
                onClick={() => setEditing(shift)}
              />
              <Button
                type="text"
                size="small"
                icon={<DeleteOutlined />}
                aria-label={`${t('regionsPage.duty.remove')} ${names.get(shift.person_id) ?? ''}`}
                onClick={() => onChange(withoutShift(draft, shift.id))}
              />
            </>
          )}
        </div>
      ))}
      {editing !== null && (
        <ShiftDialog
          shift={editing === 'new' ? null : editing}
          people={people}
          regions={regions}
          onClose={() => setEditing(null)}
          onDone={(shift) => {
            onChange(withShift(draft, shift));
            setEditing(null);
          }}
        />
      )}
    </section>
  );
}

interface Dialog {
  shift: ShiftForm | null;
  people: readonly DutyPerson[];
  regions: readonly RegionView[];
  onDone: (shift: ShiftForm) => void;
  onClose: () => void;
}

interface Fields {
  person_id: string;
  level: ShiftForm['level'];
  region_id: string;
  weekdays: number[];
  starts: string;
  ends: string;
  valid_from: string;
  valid_to: string;
}

function ShiftDialog({ shift, people, regions, onDone, onClose }: Dialog) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Fields>();
  const initial: Fields = {
    person_id: shift?.person_id ?? '',
    level: shift?.level ?? 'supervisor',
    region_id: shift?.region_id ?? '',
    weekdays: shift?.weekdays ?? [0, 1, 2, 3, 4],
    starts: shift?.starts ?? '08:00',
    ends: shift?.ends ?? '20:00',
    valid_from: shift?.valid_from ?? '',
    valid_to: shift?.valid_to ?? '',
  };
  const done = (fields: Fields): void =>
    onDone({
      ...fields,
      id: shift?.id ?? crypto.randomUUID(),
      region_id: fields.region_id || null,
      weekdays: [...fields.weekdays].sort(),
      valid_from: fields.valid_from || null,
      valid_to: fields.valid_to || null,
    });
  return (
    <Modal
      open
      title={t(shift ? 'regionsPage.duty.edit' : 'regionsPage.duty.addShift')}
      okText={t('common.confirm')}
      cancelText={t('common.cancel')}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      <Form form={form} layout="vertical" initialValues={initial} onFinish={done}>
        <Form.Item
          name="person_id"
          label={t('regionsPage.duty.who')}
          rules={[{ required: true, message: t('regionsPage.rowProblem.missing') }]}
        >
          <Select
            data-testid="shift-person"
            options={people
              .filter((one) => one.active || one.id === shift?.person_id)
              .map((one) => ({ value: one.id, label: one.name }))}
          />
        </Form.Item>
        <Form.Item name="level" label={t('regionsPage.duty.level')}>
          <Select options={LEVELS.map((level) => ({ value: level, label: t(`regionsPage.dutyLevel.${level}`) }))} />
        </Form.Item>
        <Form.Item name="region_id" label={t('regionsPage.duty.where')}>
          <Select
            showSearch={{ optionFilterProp: 'label' }}
            options={[
              { value: '', label: t('regionsPage.centre') },
              ...regions
                .filter((one) => !one.retired && (one.level === 'street' || one.level === 'community'))
                .map((one) => ({ value: one.id, label: one.name })),
            ]}
          />
        </Form.Item>
        <Form.Item
          name="weekdays"
          label={t('regionsPage.duty.days')}
          rules={[{ required: true, message: t('regionsPage.rowProblem.missing') }]}
        >
          <Checkbox.Group
            options={DAYS.map((day) => ({
              value: day,
              label: t(`regionsPage.weekday.d${day}` as 'regionsPage.weekday.d0'),
            }))}
          />
        </Form.Item>
        <div className="regions-bar">
          <Form.Item
            name="starts"
            label={t('regionsPage.duty.starts')}
            rules={[{ required: true, message: t('regionsPage.rowProblem.missing') }]}
          >
            <Input type="time" />
          </Form.Item>
          <Form.Item
            name="ends"
            label={t('regionsPage.duty.ends')}
            rules={[{ required: true, message: t('regionsPage.rowProblem.missing') }]}
          >
            <Input type="time" />
          </Form.Item>
          <Form.Item name="valid_from" label={t('regionsPage.column.valid_from')}>
            <Input type="date" />
          </Form.Item>
          <Form.Item name="valid_to" label={t('regionsPage.column.valid_to')}>
            <Input type="date" />
          </Form.Item>
        </div>
      </Form>
    </Modal>
  );
}
