import { useEffect, useState } from 'preact/hooks';
import { get, post } from '../api';
import { newKey } from '../core';
import { sentence } from '../errors';
import { has, t } from '../i18n';
import { Sum } from '../parts/Sum';
import { serverNow, useApp } from '../state';
import type { CounterRequest, Membership, OwnPoints } from '../types';
import { yuan } from '../words';
import { Sales } from './Sales';

const LOOK_AGAIN = 1_500;

/** Points taken at the counter and where the store stands with them; and what it sells, for which it gives some. */
export function PointsPage() {
  const { me } = useApp();
  const [chosen, choose] = useState(0);
  const mine = me?.stores.filter((one) => one.role === 'keeper') ?? [];
  const [selling, setSelling] = useState(false);
  const store = mine[chosen];
  if (!store) return <p class="empty">{t('points.keeper')}</p>;
  return (
    <>
      {mine.length > 1 && (
        <select
          aria-label={t('me.stores')}
          value={chosen}
          onChange={(event) => choose(Number(event.currentTarget.value))}
        >
          {mine.map((one, i) => (
            <option key={one.store_id} value={i}>
              {one.store}
            </option>
          ))}
        </select>
      )}
      <div class="keys two">
        {[false, true].map((one) => (
          <button
            type="button"
            key={String(one)}
            class="key second"
            aria-pressed={selling === one}
            onClick={() => setSelling(one)}
          >
            {t(one ? 'sale.title' : 'points.title')}
          </button>
        ))}
      </div>
      {selling ? <Sales key={store.store_id} store={store} /> : <OfStore key={store.store_id} store={store} />}
    </>
  );
}

function OfStore({ store }: { store: Membership }) {
  const { me } = useApp();
  const hotline = me?.hotline ?? '';
  const path = `/api/stores/${store.store_id}/points`;
  const [found, setFound] = useState<OwnPoints | null>(null);
  const [problem, setProblem] = useState('');
  const look = (): Promise<void> =>
    get<OwnPoints>(path)
      .then(setFound)
      .catch((error: unknown) => setProblem(sentence(error, hotline)));
  const open = found?.requests.find((one) => one.state === 'new' || one.state === 'asked');
  useEffect(() => {
    void look();
  }, []);
  useEffect(() => {
    if (!open) return undefined;
    const timer = setInterval(() => void look(), LOOK_AGAIN);
    return () => clearInterval(timer);
  }, [open?.id]);
  const send = async (what: string, body: unknown, key: string): Promise<boolean> => {
    setProblem('');
    try {
      await post(`${path}/${what}`, body, key);
      await look();
      return true;
    } catch (error) {
      setProblem(sentence(error, hotline));
      return false;
    }
  };
  if (!found) return problem ? <p class="problem">{problem}</p> : <p class="opening">{t('loading')}</p>;
  return (
    <>
      <h1>{t('points.title')}</h1>
      {open ? <Asked key={open.id} request={open} hotline={hotline} send={send} /> : <Ask send={send} />}
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <section class="sum">
        <dl>
          <Points words={t('points.at_counter')} n={found.at_counter} />
          <Points words={t('points.redeemed')} n={found.redeemed} />
          <Points words={t('points.issued')} n={found.issued} />
          <Sum words={t('points.owed')} fen={found.owed_fen} />
        </dl>
      </section>
      {found.months.length > 0 && <h2>{t('points.months')}</h2>}
      <ul class="lines">
        {found.months.map((one) => (
          <li key={one.month}>
            <span>
              <strong>{one.month.slice(0, 7)}</strong>
              <br />
              <span class="quiet">
                {t('points.of_month', {
                  redeemed: yuan(one.redeemed_fen),
                  issued: yuan(one.issued_fen),
                  fee: yuan(one.fee_fen),
                })}
                {one.paid_on && ` · ${t('points.paid', { day: one.paid_on })}`}
              </span>
            </span>
            <span class="amount">{t('money.yuan', { n: yuan(one.net_fen) })}</span>
          </li>
        ))}
      </ul>
      <ul class="lines" data-testid="counter-requests">
        {found.requests
          .filter((one) => one.id !== open?.id)
          .map((one) => (
            <li key={one.id}>
              <span>
                <strong>{t(`points.state.${one.state}`)}</strong>
                <br />
                <span class="quiet">
                  {one.made_at.slice(5, 10)} {whyOf(one)}
                </span>
              </span>
              <span class="amount">{t('points.n', { n: one.points })}</span>
            </li>
          ))}
      </ul>
    </>
  );
}

type Send = (what: string, body: unknown, key: string) => Promise<boolean>;

function Ask({ send }: { send: Send }) {
  const [card, setCard] = useState('');
  const [points, setPoints] = useState('');
  const [key] = useState(newKey);
  const [busy, setBusy] = useState(false);
  const n = /^[0-9]{1,6}$/.test(points) ? Number(points) : 0;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        setBusy(true);
        void send('ask', { card, points: n }, `${key}:${card}:${points}`.slice(0, 100)).finally(() => setBusy(false));
      }}
    >
      <label for="points-card">{t('points.card')}</label>
      <input
        class="big-input"
        id="points-card"
        value={card}
        maxLength={40}
        autocomplete="off"
        onInput={(event) => setCard(event.currentTarget.value)}
      />
      <label for="points-n">{t('points.how_many')}</label>
      <input
        class="big-input"
        id="points-n"
        inputMode="numeric"
        value={points}
        maxLength={6}
        autocomplete="off"
        onInput={(event) => setPoints(event.currentTarget.value)}
      />
      <p class="quiet">{t('points.worth', { yuan: yuan(n) })}</p>
      <button class="key" disabled={busy || card.trim().length < 3 || n < 1}>
        {t('points.ask')}
      </button>
    </form>
  );
}

function Asked({ request, hotline, send }: { request: CounterRequest; hotline: string; send: Send }) {
  const [code, setCode] = useState('');
  const [busy, setBusy] = useState(false);
  const left = Math.max(0, Math.ceil((Date.parse(request.expires_at) - serverNow()) / 60_000));
  const once = (what: string, body: unknown): void => {
    setBusy(true);
    void send(what, body, newKey()).finally(() => {
      setBusy(false);
      setCode('');
    });
  };
  if (request.state === 'new') return <p class="opening">{t('points.looking')}</p>;
  return (
    <section class="sum" data-testid="counter-asked">
      <p class="sum-big">
        {request.points}
        <small>{t('points.left', { minutes: left })}</small>
      </p>
      {request.why === 'second_person' ? (
        <p>{t('points.second')}</p>
      ) : request.tries_left > 0 ? (
        <>
          <label for="points-code">{t('points.code', { left: request.tries_left })}</label>
          <input
            class="big-input"
            id="points-code"
            inputMode="numeric"
            value={code}
            maxLength={6}
            autocomplete="off"
            onInput={(event) => setCode(event.currentTarget.value)}
          />
          <p class="quiet">{t('points.or_call', { hotline })}</p>
          <button
            type="button"
            class="key"
            disabled={busy || request.checking || !/^[0-9]{6}$/.test(code)}
            onClick={() => once('code', { request_id: request.id, code })}
          >
            {t('points.give_code')}
          </button>
        </>
      ) : (
        <p>{t('points.call', { hotline })}</p>
      )}
      <button
        type="button"
        class="key second"
        disabled={busy || request.checking}
        onClick={() => once('give-up', { request_id: request.id })}
      >
        {t('points.give_up')}
      </button>
    </section>
  );
}

function Points({ words, n }: { words: string; n: number }) {
  return (
    <>
      <dt>{words}</dt>
      <dd>{t('points.n', { n })}</dd>
    </>
  );
}

function whyOf(request: CounterRequest): string {
  const key = `points.why.${request.why}`;
  return request.why && has(key) ? t(key) : '';
}
