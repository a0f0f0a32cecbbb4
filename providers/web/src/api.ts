/** Requests. The CSRF token is the session's, learnt from /api/me and kept with it. */

export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly details: Record<string, unknown>,
  ) {
    super(code);
  }
}

/** No answer came: whether it was done nobody knows, so it is sent again under the same key. */
export class Unreachable extends Error {}

const PATIENCE = 20_000;
let csrf = '';

export const setCsrf = (token: string): void => {
  csrf = token;
};

export async function request<T>(method: 'GET' | 'POST', path: string, body?: unknown, key?: string): Promise<T> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE);
  let answer: Response;
  try {
    answer = await fetch(path, {
      method,
      credentials: 'same-origin',
      signal: stop.signal,
      headers: {
        ...(method === 'POST' ? { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf } : {}),
        ...(key ? { 'Idempotency-Key': key } : {}),
      },
      ...(method === 'POST' ? { body: JSON.stringify(body ?? {}) } : {}),
    });
  } catch {
    throw new Unreachable();
  } finally {
    clearTimeout(timer);
  }
  if (answer.status === 204) return undefined as T;
  let told: unknown;
  try {
    told = await answer.json();
  } catch {
    throw new Unreachable(); // cut off in the middle, or a proxy's own page
  }
  if (answer.ok) return told as T;
  const error = (told as { error?: { code?: string; details?: Record<string, unknown> } }).error;
  throw new Refused(answer.status, error?.code ?? 'internal', error?.details ?? {});
}

export const get = <T>(path: string): Promise<T> => request<T>('GET', path);
export const post = <T>(path: string, body?: unknown, key?: string): Promise<T> => request<T>('POST', path, body, key);
