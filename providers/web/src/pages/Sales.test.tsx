import { render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Membership, OwnSales, Sale } from '../types';
import { Sales } from './Sales';

const store = {
  store_id: 's1',
  store: '惠民超市',
  code: 'S1',
  role: 'keeper',
  state: 'admitted',
  state_reason: '',
} as Membership;
const sale: Sale = {
  id: 'p1', receipt: 'A-1', fen: 10_000, excluded_fen: 2_500, state: 'booked', why: '', points: 150, left_fen: 7_500,
  made_at: '2026-11-27T02:00:00Z', refunds: [],
}; // prettier-ignore
const own = (change: Partial<OwnSales> = {}): OwnSales => ({ allied: true, sales: [], next: null, ...change });

interface Sent {
  path: string;
  body: unknown;
  key: string | null;
}
let page: HTMLElement;
let sent: Sent[];
let told: OwnSales;
let answers: (Response | Error)[];

const json = (body: unknown, status = 200): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });

beforeEach(() => {
  page = document.body.appendChild(document.createElement('div'));
  [sent, told, answers] = [[], own(), []];
  vi.stubGlobal('fetch', (path: string, init: RequestInit): Promise<Response> => {
    if (init.method !== 'POST') return Promise.resolve(json(told));
    sent.push({ path, body: JSON.parse(String(init.body)), key: new Headers(init.headers).get('Idempotency-Key') });
    const answer = answers.shift() ?? json({ report_id: 'r1' });
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  });
});

afterEach(() => {
  render(null, page);
  page.remove();
  vi.unstubAllGlobals();
});

const open = async (): Promise<void> => {
  await act(() => render(<Sales store={store} />, page));
  await vi.waitFor(() => expect(page.querySelector('h1')).not.toBeNull(), 30_000);
};
const type = (id: string, text: string): Promise<void> =>
  act(() => {
    const input = document.getElementById(id) as HTMLInputElement;
    input.value = text;
    input.dispatchEvent(new Event('input', { bubbles: true }));
  });
const press = (words: string): Promise<void> =>
  act(() => {
    const key = [...document.querySelectorAll('button')].find((one) => one.textContent === words);
    expect(key?.disabled, words).toBe(false);
    key?.click();
  });
const fillIn = async (): Promise<void> => {
  for (const [id, text] of [['card', 'XF-1'], ['receipt', 'A-1'], ['paid', '100'], ['excluded', '25']] as const) await type(`sale-${id}`, text); // prettier-ignore
};

it('tells a sale, under one key until an answer has come', async () => {
  answers = [new Error('no network')];
  await open();
  await fillIn();
  await press('报上去');
  await vi.waitFor(() => expect(page.textContent).toContain('网络不通'), 30_000);
  told = own({ sales: [sale] });
  await press('报上去');
  await vi.waitFor(() => expect(page.textContent).toContain('已记上'), 30_000);
  expect(sent.map((one) => [one.path, one.body])).toEqual(
    Array(2).fill(['/api/stores/s1/purchases', { card_number: 'XF-1', receipt: 'A-1', amount_fen: 10_000, excluded_fen: 2_500 }]),
  ); // prettier-ignore
  expect(sent[0]?.key).toBe(sent[1]?.key);
  await vi.waitFor(() => expect((document.getElementById('sale-card') as HTMLInputElement).value).toBe(''), 30_000);
});

it('says in words what was refused, and keeps what was typed', async () => {
  answers = [json({ error: { code: 'key_conflict', message: '', details: {} } }, 409)];
  await open();
  await fillIn();
  await press('报上去');
  await vi.waitFor(() => expect(page.querySelector('[role=alert]')?.textContent).toContain('这个单号报过了'), 30_000);
  expect((document.getElementById('sale-card') as HTMLInputElement).value).toBe('XF-1');
});

it('takes a sale back, by default all that is left of it', async () => {
  told = own({ sales: [sale] });
  await open();
  await press('退货');
  await press('确认退货');
  await vi.waitFor(() => expect(sent).toHaveLength(1), 30_000);
  expect([sent[0]?.path, sent[0]?.body]).toEqual([
    '/api/stores/s1/purchases/refund',
    { receipt: 'A-1', number: 'T1', fen: 7_500 },
  ]);
});

it('a store that is no partner tells none, and may still take back', async () => {
  told = own({
    allied: false,
    sales: [sale, { ...sale, id: 'p2', receipt: 'B', state: 'refused', why: 'unbookable' }],
  });
  await open();
  expect(document.getElementById('sale-card')).toBeNull();
  expect(page.textContent).toContain('不是积分合作商户');
  expect(page.textContent).toContain('请核对卡号');
  expect([...page.querySelectorAll('button')].filter((one) => one.textContent === '退货')).toHaveLength(1);
});
