import { useEffect, useState } from 'preact/hooks';
import { get, post } from '../api';
import { sentence } from '../errors';
import { t, type Key } from '../i18n';
import { Top } from '../parts/Top';
import { app, say } from '../state';
import type { OwnStore } from '../types';
import { yuan } from '../words';

const NOON: [number, number] = [480, 1080]; // 8:00–18:00, when a closed day is opened
const time = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
const minutesOf = (text: string): number => {
  const [hours = 0, minutes = 0] = text.split(':').map(Number);
  return hours * 60 + minutes;
};

/** The keeper's own store: what she may change, and what the centre keeps for her. */
export function StorePage({ id }: { id: string }) {
  const [store, setStore] = useState<OwnStore | null>(null);
  const hotline = app().me?.hotline ?? '';
  const fail = (error: unknown): void => say(sentence(error, hotline), 'bad');
  const read = (): void => void get<OwnStore>(`/api/stores/${id}`).then(setStore).catch(fail);
  useEffect(read, [id]);
  const change = (path: string, body: Record<string, unknown>): void =>
    void post<OwnStore>(`/api/stores/${id}/${path}`, { version: store?.version, ...body })
      .then((now) => {
        setStore(now);
        say(t('store.saved'));
      })
      .catch((error: unknown) => {
        fail(error);
        read();
      });
  return (
    <div class="page">
      <Top right={store?.code} />
      {!store ? (
        <p class="opening">{t('loading')}</p>
      ) : (
        <main>
          <h1>{store.name}</h1>
          <p>
            {store.rating_count
              ? t('store.rating', { n: (store.rating / 100).toFixed(1), count: store.rating_count })
              : t('store.no_rating')}
          </p>
          <h2>{t('store.told')}</h2>
          {[true, false].map((smart) => (
            <button
              type="button"
              key={String(smart)}
              class="key second row"
              aria-pressed={store.has_smartphone === smart}
              onClick={() =>
                store.has_smartphone !== smart && change('hours', { hours: store.hours, has_smartphone: smart })
              }
            >
              <span>{t(smart ? 'store.by_app' : 'store.by_call')}</span>
              <strong>{store.has_smartphone === smart ? '✓' : ''}</strong>
            </button>
          ))}
          <Hours
            key={store.version}
            store={store}
            save={(hours) => change('hours', { hours, has_smartphone: store.has_smartphone })}
          />
          <DaysOff store={store} change={change} />
          <Kept store={store} />
          <p class="quiet">{t('store.centre', { hotline })}</p>
        </main>
      )}
    </div>
  );
}

function Hours({ store, save }: { store: OwnStore; save: (hours: number[][][]) => void }) {
  const [hours, setHours] = useState(store.hours);
  const put = (day: number, spans: number[][]): void => setHours(hours.map((one, i) => (i === day ? spans : one)));
  return (
    <>
      <h2>{t('store.hours')}</h2>
      <ul class="lines">
        {hours.map((spans, day) => {
          const [opens = 0, closes = 0] = spans[0] ?? [];
          const name = t(`day.${String(day)}` as Key);
          return (
            <li key={day} class="day">
              <strong>{name}</strong>
              {spans.length > 0 && (
                <>
                  <input
                    type="time"
                    aria-label={`${name} ${t('store.from')}`}
                    value={time(Math.min(opens, 1439))}
                    onChange={(event) => put(day, [[minutesOf(event.currentTarget.value), closes], ...spans.slice(1)])}
                  />
                  <input
                    type="time"
                    aria-label={`${name} ${t('store.to')}`}
                    value={time(Math.min(closes, 1439))}
                    onChange={(event) => put(day, [[opens, minutesOf(event.currentTarget.value)], ...spans.slice(1)])}
                  />
                </>
              )}
              <button type="button" class="plain" onClick={() => put(day, spans.length ? [] : [[...NOON]])}>
                {t(spans.length ? 'store.open' : 'store.closed')}
              </button>
            </li>
          );
        })}
      </ul>
      {JSON.stringify(hours) !== JSON.stringify(store.hours) && (
        <button type="button" class="key" onClick={() => save(hours)} data-testid="save-hours">
          {t('store.save')}
        </button>
      )}
    </>
  );
}

function DaysOff({
  store,
  change,
}: {
  store: OwnStore;
  change: (path: string, body: Record<string, unknown>) => void;
}) {
  const [first, setFirst] = useState('');
  const [last, setLast] = useState('');
  return (
    <>
      <h2>{t('store.off')}</h2>
      <ul class="lines">
        {store.blackouts.map((one) => (
          <li key={one.id}>
            <strong>{one.first === one.last ? one.first : `${one.first} – ${one.last}`}</strong>
            <button type="button" class="plain" onClick={() => change(`blackouts/${one.id}/remove`, {})}>
              {t('store.off_remove')}
            </button>
          </li>
        ))}
      </ul>
      <label for="off-first">{t('store.off_first')}</label>
      <input id="off-first" type="date" value={first} onInput={(event) => setFirst(event.currentTarget.value)} />
      <label for="off-last">{t('store.off_last')}</label>
      <input
        id="off-last"
        type="date"
        value={last}
        min={first}
        onInput={(event) => setLast(event.currentTarget.value)}
      />
      <button
        type="button"
        class="key second"
        disabled={!first}
        data-testid="off-add"
        onClick={() => {
          change('blackouts', { first, last: last || first });
          setFirst('');
          setLast('');
        }}
      >
        {t('store.off_add')}
      </button>
    </>
  );
}

/** What the centre keeps for her. */
function Kept({ store }: { store: OwnStore }) {
  return (
    <>
      <h2>{t('store.items')}</h2>
      <ul class="lines">
        {store.items.map((one) => (
          <li key={one.code}>
            <span>{one.name}</span>
            <strong>{t('money.yuan', { n: yuan(one.price_fen) })}</strong>
          </li>
        ))}
      </ul>
      <h2>{t('store.papers')}</h2>
      <ul class="lines">
        {store.papers.map((one) => (
          <li key={`${one.kind} ${one.holder}`}>
            <span>
              {one.kind}
              {one.holder && <span class="quiet"> · {one.holder}</span>}
            </span>
            <span class={one.lapsed ? 'left late' : 'quiet'}>
              {one.lapsed
                ? t('store.lapsed')
                : one.valid_to
                  ? t('store.until', { day: one.valid_to })
                  : t('store.forever')}
            </span>
          </li>
        ))}
      </ul>
      <h2>{t('store.people')}</h2>
      <ul class="lines">
        {store.people.map((one) => (
          <li key={one.number}>
            <span>
              {one.name} <span class="quiet">{t(`me.${one.role}`)}</span>
            </span>
            <span class="quiet">{one.number}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
