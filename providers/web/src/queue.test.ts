import { describe, expect, it, vi } from 'vitest';
import { Refused, Unreachable } from './api';
import { Queue, type Action, type Outcome } from './queue';

const action = (key: string, order = 'o1'): Action => ({
  key,
  kind: 'set_out',
  order,
  path: `/${key}`,
  body: {},
  at: 0,
});

function queue(send: (action: Action) => Promise<unknown>) {
  const kept: Action[][] = [];
  const outcomes: Outcome[] = [];
  const blocked: unknown[] = [];
  let waiting: Action[] = [];
  const made = new Queue(
    (actions) => {
      kept.push(actions);
      return Promise.resolve();
    },
    (actions) => (waiting = actions),
    (outcome) => outcomes.push(outcome),
    (error) => blocked.push(error),
    send,
  );
  return { made, kept, outcomes, blocked, waiting: () => waiting.map((one) => one.key) };
}

describe('what waits to be sent', () => {
  it('is kept before it is sent, and gone when it is answered', async () => {
    const seen: string[][] = [];
    const q = queue(() => {
      seen.push(q.kept.at(-1)?.map((one) => one.key) ?? []);
      return Promise.resolve('fine');
    });
    await q.made.add(action('a'));
    expect(seen).toEqual([['a']]);
    expect(q.kept.at(-1)).toEqual([]);
    expect(q.outcomes.map((one) => one.answer)).toEqual(['fine']);
  });

  it('is never seen without the answer: no step comes back for a moment after it was done', async () => {
    const seen: string[] = [];
    const q = new Queue(
      () => new Promise((done) => setTimeout(done, 1)),
      (actions) => seen.push(actions.length ? 'waits' : 'waits no more'),
      () => seen.push('answered'),
      () => undefined,
      () => Promise.resolve({}),
    );
    await q.add(action('a'));
    expect(seen).toEqual(['waits', 'answered', 'waits no more']);
  });

  it('waits in order while the network is away, and goes under the same key', async () => {
    let online = false;
    const sent: string[] = [];
    const q = queue((one) => {
      if (!online) return Promise.reject(new Unreachable());
      sent.push(one.key);
      return Promise.resolve({});
    });
    await q.made.add(action('a'));
    await q.made.add(action('b'));
    expect([q.waiting(), sent]).toEqual([['a', 'b'], []]);
    online = true;
    await q.made.flush();
    expect([q.waiting(), sent]).toEqual([[], ['a', 'b']]);
  });

  it('sends one at a time, however often it is asked', async () => {
    let running = 0;
    let most = 0;
    const sent: string[] = [];
    const q = queue(async (one) => {
      most = Math.max(most, ++running);
      await new Promise((done) => setTimeout(done, 1));
      running -= 1;
      sent.push(one.key);
    });
    await Promise.all([q.made.add(action('a')), q.made.add(action('b')), q.made.flush(), q.made.flush()]);
    await vi.waitFor(() => expect(q.waiting()).toEqual([]));
    expect([sent, most]).toEqual([['a', 'b'], 1]);
  });

  it('a refusal takes the later steps of the same job with it, and no others', async () => {
    const q = queue((one) =>
      one.key === 'a' ? Promise.reject(new Refused(422, 'code_wrong', { left: 4 })) : Promise.resolve({}),
    );
    q.made.restore([action('a'), action('b'), action('c', 'o2')]);
    await q.made.flush();
    expect(q.outcomes.map((one) => [one.action.key, one.refused?.code, one.dropped.map((d) => d.key)])).toEqual([
      ['a', 'code_wrong', ['b']],
      ['c', undefined, []],
    ]);
  });

  it.each([
    new Refused(503, 'database_away', {}),
    new Refused(429, 'too_many_requests', {}),
    new Refused(401, 'session_ended', {}),
    new Unreachable(),
  ])('not now is not no: %s', async (error) => {
    const q = queue(() => Promise.reject(error));
    await q.made.add(action('a'));
    expect([q.waiting(), q.outcomes, q.blocked]).toEqual([['a'], [], [error]]);
  });
});
