import { useEffect, useState } from 'preact/hooks';
import { get, post } from '../api';
import { newKey } from '../core';
import { sentence } from '../errors';
import { has, langNow, t } from '../i18n';
import { Sheet } from '../parts/Sheet';
import { isNumber, isWaiting, mayBeRefunded, nextNumber, refundOf, saleOf, type Typed } from '../sale';
import { app, say, serverNow } from '../state';
import type { Membership, OwnSales, Sale } from '../types';
import { fenOf, moment, yuan } from '../words';

const LOOK_AGAIN = 1_500;
const EMPTY: Typed = { card: '', receipt: '', paid: '', excluded: '' };
const INPUTS = ['card', 'receipt', 'paid', 'excluded'] as const;
const LENGTHS = { card: 32, receipt: 40, paid: 8, excluded: 8 };

/** What an allied store has sold to elders: told, listed, taken back. */
export function Sales({ store }: { store: Membership }) {
  const path = `/api/stores/${store.store_id}/purchases`;
  const hotline = app().me?.hotline ?? '';
  const [found, setFound] = useState<OwnSales | null>(null);
  const [older, setOlder] = useState<Sale[]>([]);
  const [next, setNext] = useState<string | null>(null);
  const [problem, setProblem] = useState('');
  const [chosen, choose] = useState<Sale | null>(null);
  const fail = (error: unknown): void => setProblem(sentence(error, hotline));
  const look = (): Promise<void> =>
    get<OwnSales>(path)
      .then((now) => {
        setFound(now);
        setOlder([]);
        setNext(now.next);
      })
      .catch(fail);
  const more = (): void =>
    void get<OwnSales>(`${path}?before=${next ?? ''}`)
      .then((page) => {
        setOlder([...older, ...page.sales]);
        setNext(page.next);
      })
      .catch(fail);
  const waits = isWaiting(found?.sales ?? []);
  useEffect(() => void look(), []);
  useEffect(() => {
    if (!waits) return undefined;
    const timer = setInterval(() => void look(), LOOK_AGAIN);
    return () => clearInterval(timer);
  }, [waits]);
  const send = async (what: string, body: unknown, key: string): Promise<boolean> => {
    setProblem('');
    try {
      await post(path + what, body, key);
      say(t('sale.sent'));
      await look();
      return true;
    } catch (error) {
      fail(error);
      return false;
    }
  };
  if (!found) return problem ? <p class="problem">{problem}</p> : <p class="opening">{t('loading')}</p>;
  const sales = [...found.sales, ...older];
  return (
    <>
      <h1>{t('sale.title')}</h1>
      {found.allied ? <Tell send={send} /> : <p class="problem">{t('sale.not_allied')}</p>}
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <h2>{t('sale.list')}</h2>
      {sales.length === 0 && <p class="empty">{t('sale.none')}</p>}
      <ul class="lines" data-testid="sales">
        {sales.map((sale) => (
          <Line key={sale.id} sale={sale} choose={() => choose(sale)} />
        ))}
      </ul>
      {next && (
        <button type="button" class="key second" onClick={more}>
          {t('sale.more')}
        </button>
      )}
      {chosen && <Refund key={chosen.id} sale={chosen} send={send} close={() => choose(null)} />}
    </>
  );
}

type Send = (what: string, body: unknown, key: string) => Promise<boolean>;

/** The key stays with what was typed: pressed again after a silence it is the same sale. */
function Tell({ send }: { send: Send }) {
  const [typed, setTyped] = useState(EMPTY);
  const [key, setKey] = useState(newKey);
  const [busy, setBusy] = useState(false);
  const sale = saleOf(typed);
  const put = (change: Partial<Typed>): void => {
    setTyped({ ...typed, ...change });
    setKey(newKey());
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!sale) return;
        setBusy(true);
        void send('', sale, key)
          .then((done) => done && put(EMPTY))
          .finally(() => setBusy(false));
      }}
    >
      <p class="quiet">{t('sale.lead')}</p>
      {INPUTS.map((name) => (
        <div key={name}>
          <label for={`sale-${name}`}>{t(name === 'card' ? 'points.card' : `sale.${name}`)}</label>
          <input
            class="big-input"
            id={`sale-${name}`}
            inputMode={name === 'paid' || name === 'excluded' ? 'decimal' : 'text'}
            value={typed[name]}
            maxLength={LENGTHS[name]}
            autocomplete="off"
            onInput={(event) => put({ [name]: event.currentTarget.value })}
          />
        </div>
      ))}
      {typed.paid !== '' && fenOf(typed.paid) === null && <p class="problem">{t('err.bad_amount')}</p>}
      {typed.receipt !== '' && !isNumber(typed.receipt) && <p class="problem">{t('sale.receipt_bad')}</p>}
      <button class="key" disabled={busy || !sale}>
        {t('sale.tell')}
      </button>
    </form>
  );
}

function Line({ sale, choose }: { sale: Sale; choose: () => void }) {
  const zone = app().me?.timezone ?? 'Asia/Shanghai';
  const at = moment(new Date(sale.made_at), new Date(serverNow()), zone, langNow());
  return (
    <li>
      <span>
        <strong>{t(`sale.state.${sale.state}`)}</strong> {t('points.n', { n: sale.points })}
        <br />
        <span class="quiet">
          {at} · {t('sale.of_receipt', { receipt: sale.receipt })} {whyOf(sale.why)}
        </span>
        {sale.refunds.map((one) => (
          <span class="quiet" key={one.id}>
            <br />
            {t('sale.refunded', { number: one.number, yuan: yuan(one.fen), n: one.points })} ·{' '}
            {t(`sale.state.${one.state}`)} {whyOf(one.why)}
          </span>
        ))}
        {mayBeRefunded(sale) && (
          <button type="button" class="plain" onClick={choose}>
            {t('sale.refund')}
          </button>
        )}
      </span>
      <span class="amount">{t('money.yuan', { n: yuan(sale.fen) })}</span>
    </li>
  );
}

function Refund({ sale, send, close }: { sale: Sale; send: Send; close: () => void }) {
  const [number, setNumber] = useState(() => nextNumber(sale));
  const [amount, setAmount] = useState(() => yuan(sale.left_fen));
  const [key, setKey] = useState(newKey);
  const [busy, setBusy] = useState(false);
  const fen = refundOf(amount, sale.left_fen);
  return (
    <Sheet title={t('sale.refund_title', { receipt: sale.receipt })} close={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          setBusy(true);
          void send('/refund', { receipt: sale.receipt, number: number.trim(), fen }, key).finally(close);
        }}
      >
        <label for="refund-number">{t('sale.refund_number')}</label>
        <input
          class="big-input"
          id="refund-number"
          value={number}
          maxLength={40}
          autocomplete="off"
          onInput={(event) => {
            setNumber(event.currentTarget.value);
            setKey(newKey());
          }}
        />
        <label for="refund-amount">{t('sale.refund_amount')}</label>
        <input
          class="big-input"
          id="refund-amount"
          inputMode="decimal"
          value={amount}
          maxLength={8}
          autocomplete="off"
          onInput={(event) => {
            setAmount(event.currentTarget.value);
            setKey(newKey());
          }}
        />
        <p class="quiet">{t('sale.refund_left', { yuan: yuan(sale.left_fen) })}</p>
        <button class="key" disabled={busy || fen === null || !isNumber(number)}>
          {t('sale.give_back')}
        </button>
      </form>
    </Sheet>
  );
}

function whyOf(why: string): string {
  const key = `sale.why.${why}`;
  return why && has(key) ? t(key) : '';
}
