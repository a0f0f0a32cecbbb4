import { DatePicker, Form, Radio } from 'antd';
import dayjs from 'dayjs';
import { useTranslation } from 'react-i18next';

export interface When {
  when: 'now' | 'later';
  day?: dayjs.Dayjs | null;
}

/** At once, or from the beginning of a day on. `notBefore`: a version is planned for then, and this one comes after it. */
export function WhenField({ notBefore }: { notBefore?: string }) {
  const { t } = useTranslation();
  const form = Form.useFormInstance<When>();
  const later = Form.useWatch('when', form) === 'later';
  const first = notBefore === undefined ? dayjs() : dayjs(notBefore);
  return (
    <>
      <Form.Item name="when" label={t('catalogPage.when.label')}>
        <Radio.Group
          options={[
            { value: 'now', label: t('catalogPage.when.now'), disabled: notBefore !== undefined },
            { value: 'later', label: t('catalogPage.when.later') },
          ]}
        />
      </Form.Item>
      {later && (
        <Form.Item name="day" rules={[{ required: true, message: t('catalogPage.when.needed') }]}>
          <DatePicker
            format="YYYY-MM-DD"
            aria-label={t('catalogPage.when.day')}
            disabledDate={(day: dayjs.Dayjs) => day.isBefore(first, 'day') || day.isSame(dayjs(), 'day')}
          />
        </Form.Item>
      )}
    </>
  );
}

/** The beginning of that day, but not before what it comes after; null: at once. */
export function instantOf({ when, day }: When, notBefore?: string): string | null {
  if (when === 'now' || !day) return null;
  const start = day.startOf('day');
  return (notBefore !== undefined && start.isBefore(notBefore) ? dayjs(notBefore) : start).toISOString();
}
