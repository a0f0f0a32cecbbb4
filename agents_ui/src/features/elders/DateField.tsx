import { DatePicker } from 'antd';
import dayjs from 'dayjs';

const FORMATS = ['YYYY-MM-DD', 'YYYYMMDD', 'YYYY/M/D', 'YYYY.M.D'];

interface Props {
  id?: string;
  value?: string;
  onChange?: (day: string) => void;
}

/** A day as text, "" when none. It may be picked, or typed as it stands on an ID card: 19480312. */
export function DateField({ id, value, onChange }: Props) {
  return (
    <DatePicker
      {...(id !== undefined && { id })}
      style={{ width: '100%', minWidth: 130 }}
      format={FORMATS}
      placeholder="YYYY-MM-DD"
      value={value ? dayjs(value) : null}
      onChange={(day: dayjs.Dayjs | null) => onChange?.(day === null ? '' : day.format('YYYY-MM-DD'))}
    />
  );
}
