import { Alert, Button, Cascader, Form, Input, Modal, Select, TimePicker } from 'antd';
import dayjs from 'dayjs';
import { useTranslation } from 'react-i18next';
import { errorText } from '../../../i18n/words';
import { DateField } from '../../elders/DateField';
import { chainOf, regionTree, useRegions } from '../../elders/queries';
import { useDeed, useItems, write, type Volunteer, type VolunteerForm } from './queries';

type Free = VolunteerForm['availability'][number];
interface FreeRow {
  weekday: number;
  hours: [dayjs.Dayjs, dayjs.Dayjs];
}
type Fields = Omit<VolunteerForm, 'community_id' | 'availability' | 'elder_id'> & {
  place: string[];
  free: FreeRow[];
};

const WEEK = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const NEW = { skills: [], languages: [], free: [], id_number: '', note: '' };
const MINUTES_A_DAY = 1440;

const clockOf = (minutes: number): dayjs.Dayjs => dayjs().startOf('day').add(Math.min(minutes, 1439), 'minute');
/** 23:59 is the end of the day: a clock knows no 24:00. */
const minutesOf = (at: dayjs.Dayjs): number => {
  const minutes = at.hour() * 60 + at.minute();
  return minutes === 1439 ? MINUTES_A_DAY : minutes;
};

interface Props {
  known: Volunteer | null;
  /** null: nothing was kept. */
  onClose: (kept: Volunteer | null) => void;
}

/** Who she is, what she does, when she has time. An ID number that stands there already is kept when none is typed. */
export function PersonDialog({ known, onClose }: Props) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Fields>();
  const regions = useRegions().data ?? [];
  const items = useItems().data ?? [];
  const deed = useDeed((body: Omit<VolunteerForm, 'elder_id'>) => write(known, body));
  const must = [{ required: true, message: t('pointsPage.volunteering.needed') }];
  const keep = ({ place, free, ...fields }: Fields): void => {
    const availability: Free[] = free.map(({ weekday, hours: [begins, ends] }) => ({
      weekday,
      begins: begins.hour() * 60 + begins.minute(),
      ends: minutesOf(ends),
    }));
    deed.mutate({ ...fields, community_id: place.at(-1) ?? '', availability }, { onSuccess: onClose });
  };
  if (regions.length === 0) return null;
  const initial =
    known === null
      ? NEW
      : {
          ...known,
          id_number: '',
          place: chainOf(regions, known.community_id).map((one) => one.id),
          free: known.availability.map((one) => ({
            weekday: one.weekday,
            hours: [clockOf(one.begins), clockOf(one.ends)],
          })),
        };
  return (
    <Modal
      open
      width={640}
      title={known === null ? t('pointsPage.volunteering.register') : known.name}
      okText={t('common.save')}
      cancelText={t('common.cancel')}
      okButtonProps={{ loading: deed.isPending }}
      onOk={() => form.submit()}
      onCancel={() => onClose(null)}
    >
      {deed.isError && <Alert type="error" showIcon title={errorText(deed.error)} />}
      <Form<Fields> form={form} layout="vertical" initialValues={initial} onFinish={keep} preserve={false}>
        <Form.Item name="name" label={t('pointsPage.volunteering.name')} rules={must}>
          <Input maxLength={50} />
        </Form.Item>
        <Form.Item name="number" label={t('pointsPage.volunteering.number')} rules={must}>
          <Input maxLength={64} inputMode="tel" />
        </Form.Item>
        <Form.Item name="birth_date" label={t('pointsPage.volunteering.born')} rules={must}>
          <DateField />
        </Form.Item>
        <Form.Item
          name="id_number"
          label={t('pointsPage.volunteering.idNumber')}
          {...(known?.has_id_number === true && { extra: t('pointsPage.volunteering.idKept') })}
        >
          <Input maxLength={18} autoComplete="off" />
        </Form.Item>
        <Form.Item name="place" label={t('pointsPage.volunteering.community')} rules={must}>
          <Cascader options={regionTree(regions)} displayRender={(labels) => labels.at(-1)} />
        </Form.Item>
        <Form.Item name="skills" label={t('pointsPage.volunteering.skills')}>
          <Select
            mode="multiple"
            optionFilterProp="label"
            options={items.map((item) => ({ value: item.code, label: item.name_zh }))}
          />
        </Form.Item>
        <Form.Item name="languages" label={t('pointsPage.volunteering.languages')}>
          <Select mode="tags" maxCount={10} options={['普通话', '襄阳话', '河南话'].map((value) => ({ value }))} />
        </Form.Item>
        <Form.List name="free">
          {(rows, { add, remove }) => (
            <Form.Item label={t('pointsPage.volunteering.free')}>
              {rows.map((row) => (
                <div className="part-row" key={row.key}>
                  <Form.Item name={[row.name, 'weekday']} rules={must} noStyle>
                    <Select
                      aria-label={t('pointsPage.volunteering.weekday')}
                      options={WEEK.map((day, value) => ({ value, label: t(`pointsPage.volunteering.week.${day}`) }))}
                    />
                  </Form.Item>
                  <Form.Item name={[row.name, 'hours']} rules={must} noStyle>
                    <TimePicker.RangePicker format="HH:mm" minuteStep={1} />
                  </Form.Item>
                  <Button size="small" onClick={() => remove(row.name)}>
                    {t('pointsPage.volunteering.drop')}
                  </Button>
                </div>
              ))}
              <Button
                size="small"
                onClick={() => add({ weekday: rows.length % 7, hours: [clockOf(9 * 60), clockOf(17 * 60)] })}
              >
                {t('pointsPage.volunteering.addHours')}
              </Button>
            </Form.Item>
          )}
        </Form.List>
        <Form.Item name="note" label={t('pointsPage.volunteering.note')}>
          <Input.TextArea rows={2} maxLength={500} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
