import { useEffect, useState } from 'preact/hooks';
import { get } from '../api';
import { sentence } from '../errors';
import { t } from '../i18n';
import { load, save } from '../db';
import { Sum } from '../parts/Sum';
import { serverNow, useApp } from '../state';
import type { Membership, Payer, Statement } from '../types';
import { yuan } from '../words';

const OTHERS = ['care_insurance', 'subsidy', 'voucher', 'points'] as const satisfies Payer[];

/** "2026-11" and so many months on. */
export function monthOf(at: Date, shift: number): string {
  const then = new Date(Date.UTC(at.getFullYear(), at.getMonth() + shift, 1));
  return then.toISOString().slice(0, 7);
}

export function Money() {
  const { me } = useApp();
  const [shift, setShift] = useState(0);
  const mine = me?.stores.filter((one) => one.role === 'keeper') ?? [];
  const [chosen, choose] = useState(0);
  const store = mine[chosen];
  if (!store) return <p class="empty">{t('money.keeper')}</p>;
  const month = monthOf(new Date(serverNow()), shift);
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
      <h1>{t('money.title', { month: Number(month.slice(5)) })}</h1>
      <OfMonth key={`${store.store_id} ${month}`} store={store} month={month} />
      <div class="keys two">
        <button type="button" class="key second" onClick={() => setShift(shift - 1)}>
          {t('money.prev')}
        </button>
        <button type="button" class="key second" disabled={shift >= 0} onClick={() => setShift(shift + 1)}>
          {t('money.next')}
        </button>
      </div>
    </>
  );
}

function OfMonth({ store, month }: { store: Membership; month: string }) {
  const { me, live } = useApp();
  const [found, setFound] = useState<Statement | null>(null);
  const [problem, setProblem] = useState('');
  const kept = `month ${store.store_id} ${month}`;
  useEffect(() => {
    get<Statement>(`/api/stores/${store.store_id}/statement?month=${month}`)
      .then((statement) => {
        setFound(statement);
        void save(kept, statement);
      })
      .catch(async (error: unknown) => {
        const before = await load<Statement>(kept);
        if (before) setFound(before);
        else setProblem(sentence(error, me?.hotline ?? ''));
      });
  }, []);
  if (problem) return <p class="problem">{problem}</p>;
  if (!found) return <p class="opening">{t('loading')}</p>;
  return (
    <>
      <section class="sum">
        <p class="sum-big">
          {yuan(found.sums.amount_fen)}
          <small>{t('card.pays')}</small>
        </p>
        <p>
          {t('money.settled')} · {t('money.count', { n: found.sums.orders })}
        </p>
        {found.earnings && (
          <dl>
            <Sum words={t('money.today')} fen={found.earnings.today_fen} />
            <Sum words={t('money.waiting')} fen={found.earnings.waiting_fen} />
          </dl>
        )}
        <dl>
          <Sum words={t('money.at_door')} fen={found.sums.at_door_fen} />
          {OTHERS.map((kind) => (
            <Sum key={kind} words={t(`payer.${kind}`)} fen={found.sums.by_kind[kind] ?? 0} unlessNothing />
          ))}
          <Sum words={t('money.fee')} fen={-found.sums.fee_fen} unlessNothing />
          <Sum words={t('money.net')} fen={found.sums.net_fen} />
          <Sum words={t('money.transfer')} fen={found.sums.transfer_fen} />
        </dl>
        {!found.complete && <p class="quiet">{t('money.not_over')}</p>}
      </section>
      {found.lines.length === 0 && <p class="empty">{t('money.none')}</p>}
      <ul class="lines">
        {[...found.lines].reverse().map((line, i) => (
          <li key={`${line.order_id} ${String(i)}`}>
            <span>
              <strong>{line.items}</strong>
              <br />
              <span class="quiet">
                {line.day.slice(5)}
                {line.worker && ` · ${line.worker}`}
                {' · '}
                {line.amount_fen < 0 ? t('money.taken_back') : t(`state.${line.state}`)}
                {line.at_door_fen !== null && line.at_door_fen !== line.amount_fen && (
                  <> · {t('collect.of', { n: yuan(line.at_door_fen) })}</>
                )}
              </span>
            </span>
            <span class="amount">{t('money.yuan', { n: yuan(line.amount_fen) })}</span>
          </li>
        ))}
      </ul>
      {found.lines.length > 0 && live && (
        <a class="key second" href={`/api/stores/${store.store_id}/statement.csv?month=${month}`} download>
          {t('money.csv')}
        </a>
      )}
    </>
  );
}
