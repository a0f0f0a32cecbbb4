import { afterEach, vi } from 'vitest';

export interface Asked {
  route: string;
  /** With its question mark; "" without. */
  query: string;
  body: unknown;
  headers: Headers;
}

type Answer = (asked: Asked) => Response | Promise<Response>;

/** The server's REST side: routes as "POST /api/presence". What no test expects is refused loudly. */
export class FakeServer {
  readonly asked: Asked[] = [];
  private readonly answers = new Map<string, Answer>();

  on(route: string, body: unknown, status = 200): this {
    return this.answer(route, () =>
      status === 204 ? new Response(null, { status }) : Response.json(body, { status }),
    );
  }
  refuse(route: string, code: string, status: number, details: Record<string, unknown> = {}): this {
    return this.on(route, { error: { code, message: code, details } }, status);
  }
  silent(route: string): this {
    return this.answer(route, () => Promise.reject(new TypeError('Failed to fetch')));
  }
  answer(route: string, answer: Answer): this {
    this.answers.set(route, answer);
    return this;
  }
  routes(): string[] {
    return this.asked.map((one) => one.route);
  }
  bodyOf(route: string): unknown {
    return this.asked.findLast((one) => one.route === route)?.body;
  }

  fetch = async (request: Request): Promise<Response> => {
    const text = await request.text();
    const asked: Asked = {
      route: `${request.method} ${new URL(request.url).pathname}`,
      query: new URL(request.url).search,
      body: text === '' ? null : (JSON.parse(text) as unknown),
      headers: request.headers,
    };
    this.asked.push(asked);
    const answer = this.answers.get(asked.route);
    if (answer === undefined) throw new Error(`nobody answers ${asked.route}`);
    return answer(asked);
  };
}

export function fakeServer(): FakeServer {
  const server = new FakeServer();
  vi.stubGlobal('fetch', server.fetch);
  return server;
}

afterEach(() => void vi.unstubAllGlobals());
