import { LeftOutlined, RightOutlined } from '@ant-design/icons';
import { Button, DatePicker } from 'antd';
import dayjs from 'dayjs';
import 'dayjs/locale/zh-cn';
import { useTranslation } from 'react-i18next';

/** One month, "2026-02". */
export function MonthPicker({ value, onChange }: { value: string; onChange: (month: string) => void }) {
  const { t } = useTranslation();
  const step = (months: number): void => onChange(dayjs(`${value}-01`).add(months, 'month').format('YYYY-MM'));
  return (
    <span className="bill-month">
      <Button icon={<LeftOutlined />} aria-label={t('billsPage.before')} onClick={() => step(-1)} />
      <DatePicker
        picker="month"
        value={dayjs(`${value}-01`)}
        allowClear={false}
        aria-label={t('billsPage.month')}
        data-testid="bill-month"
        onChange={(month) => month !== null && onChange(month.format('YYYY-MM'))}
      />
      <Button icon={<RightOutlined />} aria-label={t('billsPage.after')} onClick={() => step(1)} />
    </span>
  );
}
