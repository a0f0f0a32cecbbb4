import { App, Button, Form, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { Failure } from '../admin/Failure';
import { DateField } from '../elders/DateField';
import { readDay, writeDay } from './hours';
import { useChange } from './queries';
import type { TabProps } from './StorePage';

const DAYS = ['d0', 'd1', 'd2', 'd3', 'd4', 'd5', 'd6'] as const;

export function DaysTab({ store, writes }: TabProps) {
  return (
    <div className="stores-columns stores-two">
      <Hours store={store} writes={writes} />
      <Blackouts store={store} writes={writes} />
    </div>
  );
}

function Hours({ store, writes }: TabProps) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const [texts, setTexts] = useState(() => DAYS.map((_, day) => writeDay(store.hours[day] ?? [])));
  const read = texts.map(readDay);
  const wrong = read.some((day) => day === null);
  const save = useChange(store.id, () =>
    unwrap(
      api.PUT('/api/stores/{store_id}', {
        params: { path: { store_id: store.id } },
        body: {
          version: store.version,
          kind: store.kind,
          name: store.name,
          organisation_id: store.organisation_id,
          community_id: store.community_id,
          address: store.address,
          latitude: store.latitude,
          longitude: store.longitude,
          number: store.number,
          contact_name: store.contact_name,
          has_smartphone: store.has_smartphone,
          daily_capacity: store.daily_capacity,
          at_once: store.at_once,
          hours: read.map((day) => day ?? []),
        },
      }),
    ),
  );
  return (
    <section>
      <h3 className="part-title">{t('storesPage.day.hours')}</h3>
      <p className="quiet">{t('storesPage.day.hoursHelp')}</p>
      {DAYS.map((day, index) => (
        <div key={day} className="stores-day">
          <label htmlFor={`hours-${day}`}>{t(`regionsPage.weekday.${day}`)}</label>
          <Input
            id={`hours-${day}`}
            className="num"
            disabled={!writes}
            maxLength={80}
            status={read[index] === null ? 'error' : ''}
            value={texts[index] ?? ''}
            onChange={(event) => setTexts(texts.map((text, i) => (i === index ? event.target.value : text)))}
          />
        </div>
      ))}
      {wrong && <p className="stores-bad">{t('storesPage.day.wrong')}</p>}
      {writes && (
        <div className="stores-tools">
          <Button onClick={() => setTexts(texts.map(() => texts[0] ?? ''))}>{t('storesPage.day.copy')}</Button>
          <Button
            type="primary"
            disabled={wrong}
            loading={save.isPending}
            data-testid="hours-save"
            onClick={() => save.mutate(undefined, { onSuccess: () => void message.success(t('storesPage.saved')) })}
          >
            {t('storesPage.save')}
          </Button>
        </div>
      )}
      <Failure error={save.error} />
    </section>
  );
}

interface Days {
  first: string;
  last: string;
  reason: string;
}

function Blackouts({ store, writes }: TabProps) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Days>();
  const add = useChange(store.id, (days: Days) =>
    unwrap(
      api.POST('/api/stores/{store_id}/blackouts', {
        params: { path: { store_id: store.id } },
        body: { version: store.version, first: days.first, last: days.last || days.first, reason: days.reason ?? '' },
      }),
    ),
  );
  const remove = useChange(store.id, (id: string) =>
    unwrap(
      api.POST('/api/stores/{store_id}/blackouts/{blackout_id}/remove', {
        params: { path: { store_id: store.id, blackout_id: id } },
        body: { version: store.version },
      }),
    ),
  );
  return (
    <section>
      <h3 className="part-title">{t('storesPage.day.blackouts')}</h3>
      {store.blackouts.length === 0 && <p className="quiet">{t('storesPage.day.none')}</p>}
      <ul className="stores-list">
        {store.blackouts.map((one) => (
          <li key={one.id}>
            <span className="num">
              {one.first}
              {one.last !== one.first && ` – ${one.last}`}
            </span>{' '}
            {one.reason}
            {writes && (
              <Button type="link" size="small" loading={remove.isPending} onClick={() => remove.mutate(one.id)}>
                {t('storesPage.day.remove')}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {writes && (
        <Form form={form} layout="vertical" onFinish={(days) => add.mutate(days)}>
          <Form.Item
            name="first"
            label={t('storesPage.day.first')}
            rules={[{ required: true, message: t('storesPage.file.problem.required') }]}
          >
            <DateField />
          </Form.Item>
          <Form.Item name="last" label={t('storesPage.day.last')}>
            <DateField />
          </Form.Item>
          <Form.Item name="reason" label={t('storesPage.day.why')}>
            <Input maxLength={200} />
          </Form.Item>
          <Button htmlType="submit" loading={add.isPending}>
            {t('storesPage.day.addBlackout')}
          </Button>
        </Form>
      )}
      <Failure error={add.error ?? remove.error} />
    </section>
  );
}
