import { App, Button, DatePicker } from 'antd';
import dayjs, { type Dayjs } from 'dayjs';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNow } from '../../app/console-context';
import { errorText } from '../../i18n/words';
import { moment } from '../../kit/format';
import { useAct } from './queries';

const TEN = 10;
const FURTHEST_DAYS = 30;

/** Another hour or day suits her better: back on the list until then. */
export function PutOff({ planId }: { planId: string }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const now = useNow(60_000);
  const [other, setOther] = useState(false);
  const put = useAct(
    planId,
    (done) => void message.success(t('followUpPage.form.moved', { when: moment(Date.parse(done.due_at), now) })),
  );
  const to = (due: Dayjs): void =>
    put.mutate(
      { act: 'put-off', due_at: due.toISOString() },
      { onError: (error) => void message.error(errorText(error)) },
    );
  const at = (days: number): Dayjs => dayjs(now).add(days, 'day').hour(TEN).minute(0).second(0).millisecond(0);
  return (
    <section className="follow-up-put-off" aria-label={t('followUpPage.form.putOff')}>
      <span className="quiet">{t('followUpPage.form.putOff')}</span>
      <Button size="small" disabled={put.isPending} onClick={() => to(dayjs().add(1, 'hour'))}>
        {t('followUpPage.form.inHour')}
      </Button>
      <Button size="small" disabled={put.isPending} data-testid="follow-up-tomorrow" onClick={() => to(at(1))}>
        {t('followUpPage.form.tomorrow')}
      </Button>
      <Button size="small" disabled={put.isPending} onClick={() => to(at(2))}>
        {t('followUpPage.form.afterTomorrow')}
      </Button>
      {other ? (
        <DatePicker
          size="small"
          autoFocus
          showTime={{ format: 'HH:mm', minuteStep: 15 }}
          format="MM-DD HH:mm"
          minDate={dayjs(now)}
          maxDate={dayjs(now).add(FURTHEST_DAYS, 'day')}
          aria-label={t('followUpPage.form.other')}
          onChange={(day: Dayjs | null) => day !== null && to(day)}
        />
      ) : (
        <Button size="small" type="text" onClick={() => setOther(true)}>
          {t('followUpPage.form.other')}
        </Button>
      )}
    </section>
  );
}
