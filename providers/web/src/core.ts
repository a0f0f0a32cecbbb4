/** Wires the parts: who is signed in, the inbox live and kept, what waits to be sent. */
import { get, Refused, setCsrf } from './api';
import { forget, load, save } from './db';
import { sentence } from './errors';
import { t, type Key } from './i18n';
import { Live } from './live';
import { Queue, type Action, type ActionKind, type Outcome } from './queue';
import { ring } from './ring';
import { app, say, update } from './state';
import type { Inbox, Me, OrderNews } from './types';

const RETRY = 15_000;

export const queue = new Queue(
  (actions) => save('queue', actions),
  (waiting) => update({ waiting }),
  settled,
  blocked,
);

const live = new Live({
  snapshot: take,
  order: takeOne,
  ended: signedOut,
  alive: (alive) => alive !== app().live && update({ live: alive }),
  lost: () => void recognise(false),
});

export async function start(): Promise<void> {
  const [me, orders, waiting] = await Promise.all([
    load<Me>('me'),
    load<Record<string, OrderNews>>('orders'),
    load<Action[]>('queue'),
  ]);
  if (me) {
    setCsrf(me.csrf);
    update({ me, orders: orders ?? {}, loaded: Boolean(orders) });
    queue.restore(waiting ?? []);
  }
  await recognise(!me);
  window.addEventListener('online', () => void wake());
  window.addEventListener('offline', () => update({ live: false }));
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && void wake());
  setInterval(() => app().waiting.length > 0 && void queue.flush(), RETRY);
}

/** Who she is for the server. Unreachable: as she was known. */
async function recognise(isNew: boolean): Promise<void> {
  try {
    await signedIn(await get<Me>('/api/me'));
  } catch (error) {
    if (error instanceof Refused && error.status === 401) signedOut();
    else if (isNew) update({ me: null, live: false });
    else {
      update({ live: false });
      live.later();
    }
  }
}

export async function signedIn(me: Me): Promise<void> {
  const before = await load<Me>('me');
  if (before && before.id !== me.id) {
    await forget(); // another person's telephone now: nothing of the first one's stays
    await queue.clear();
    update({ orders: {}, loaded: false });
  }
  setCsrf(me.csrf);
  await save('me', me);
  update({ me });
  live.open();
  void queue.flush();
}

/** The session is over. What waits stays, in case the same person comes back. */
function signedOut(): void {
  live.close();
  update({ me: null });
}

export async function leave(): Promise<void> {
  live.close();
  await queue.clear();
  await forget();
  update({ me: null, orders: {}, loaded: false });
}

async function wake(): Promise<void> {
  live.open();
  await queue.flush();
}

// --- what comes in --------------------------------------------------------------------------------------------------------------

function take(inbox: Inbox): void {
  const before = app();
  const orders = Object.fromEntries(inbox.orders.map((news) => [news.order_id, news]));
  const fresh = inbox.orders.filter((news) =>
    news.offers.some((offer) => !knows(before.orders[news.order_id], offer.id)),
  );
  update({ orders, loaded: true, live: true, skew: new Date(inbox.now).getTime() - Date.now() });
  void save('orders', orders);
  if (before.loaded && fresh.length) announce(fresh);
}

const knows = (news: OrderNews | undefined, offer: string): boolean =>
  news?.offers.some((known) => known.id === offer) ?? false;

export function takeOne(news: OrderNews): void {
  const before = app().orders[news.order_id];
  if (before && before.version > news.version) return;
  const isOver = news.offers.length === 0 && !news.job;
  const others = Object.entries(app().orders).filter(([id]) => id !== news.order_id);
  const orders = Object.fromEntries(isOver ? others : [...others, [news.order_id, news] as const]);
  update({ orders });
  void save('orders', orders);
  if (
    isOver &&
    before &&
    !queue.has(news.order_id) &&
    news.gone &&
    news.gone !== 'declined' &&
    news.gone !== 'given_back'
  )
    say(t(`gone.${news.gone}` as Key), 'bad');
  if (news.offers.some((offer) => !knows(before, offer.id))) announce([news]);
  if (isNewsOfStore(news)) void recognise(false);
  if (before?.job && news.job?.state === 'cancelled' && before.job.state !== 'cancelled')
    say(t('gone.cancelled'), 'bad');
}

/** Her store was suspended since she was last recognised. */
const isNewsOfStore = ({ job }: OrderNews): boolean =>
  job?.attention === 'store_suspended' &&
  app().me?.stores.find((one) => one.store_id === job.store_id)?.state === 'admitted';

function announce(news: OrderNews[]): void {
  if (app().sound) ring(news.some((one) => one.offers.some((offer) => ['E0', 'U1'].includes(offer.sla_class))));
}

// --- what goes out --------------------------------------------------------------------------------------------------------------

/** By hand: crypto.randomUUID is there only under https, and a demo is on http. */
export const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

/** Kept, then sent; what comes of it is told when it is known. A second press on the same step while the first waits does nothing. */
export async function act(kind: ActionKind, order: string, path: string, body: unknown = {}): Promise<void> {
  const same = app().waiting.some(
    (waiting) => waiting.order === order && waiting.kind === kind && waiting.path === path,
  );
  if (same && kind !== 'photo') return;
  await queue.add({ key: newKey(), kind, order, path, body, at: Date.now() });
}

function settled({ action, answer, refused, dropped }: Outcome): void {
  if (refused) {
    const after = dropped.length ? ` ${t('err.after', { n: dropped.length })}` : '';
    say(sentence(refused, app().me?.hotline ?? '', action.kind) + after, 'bad');
    void refresh(action.order);
    return;
  }
  const news = answer as OrderNews | undefined;
  if (news && 'offers' in news) takeOne(news);
  const done = `done.${action.kind}` as Key;
  if (action.kind === 'photo') say(t('photo.sent'));
  else if (action.kind === 'call') say(t('call.asked'));
  else say(t(done));
}

function blocked(error: unknown): void {
  if (error instanceof Refused && error.status === 401) signedOut();
  else if (error instanceof Refused && error.code === 'csrf') void recognise(false);
  else if (!(error instanceof Refused)) {
    update({ live: false });
    say(t('done.kept'));
  } else say(sentence(error, app().me?.hotline ?? ''), 'bad');
}

/** As it is now: after a refusal what stands on the screen may be old. */
async function refresh(order: string): Promise<void> {
  try {
    takeOne(await get<OrderNews>(`/api/jobs/${order}`));
  } catch (error) {
    if (error instanceof Refused && error.status === 404)
      takeOne({ order_id: order, version: Number.MAX_SAFE_INTEGER, offers: [], job: null, gone: '' });
  }
}
