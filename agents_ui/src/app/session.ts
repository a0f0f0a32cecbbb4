import { api, setCsrf, unwrap, whenSignedOut } from '../api/client';
import { asApiError, type ApiError } from '../api/errors';
import type { Me, Permission, SecondStep, ServerInfo } from '../api/types';
import { Store } from '../kit/store';

export type SessionState =
  | { status: 'loading' }
  | { status: 'unreachable'; error: ApiError }
  | { status: 'signed-out'; server: ServerInfo; expired: boolean }
  | { status: 'signed-in'; server: ServerInfo; me: Me };

/** Who is signed in. The cookie is the browser's; here is only what the server says of it. */
export class SessionStore extends Store<SessionState> {
  constructor() {
    super({ status: 'loading' });
    whenSignedOut(() => this.expire());
  }

  async restore(): Promise<void> {
    this.set({ status: 'loading' });
    try {
      const server = await unwrap(api.GET('/api/server'));
      const { data: me, response } = await api.GET('/api/auth/me');
      if (me !== undefined) this.enter(server, me);
      else if (response.status === 401) this.set({ status: 'signed-out', server, expired: false });
      else throw new TypeError(`status ${response.status}`);
    } catch (error) {
      this.set({ status: 'unreachable', error: asApiError(error) });
    }
  }

  /** Signed in, or (with a second factor) the step whose code is asked for next. */
  async signIn(username: string, password: string): Promise<SecondStep | null> {
    const state = this.get();
    if (state.status !== 'signed-out') return null;
    const answer = await unwrap(api.POST('/api/auth/sign-in', { body: { username, password } }));
    if ('step' in answer) return answer;
    this.enter(state.server, answer);
    return null;
  }

  async enterCode(step: string, code: string): Promise<void> {
    const state = this.get();
    if (state.status !== 'signed-out') return;
    this.enter(state.server, await unwrap(api.POST('/api/auth/second-step', { body: { step, code } })));
  }

  /** Something about oneself has changed: what is owed, above all. */
  async refresh(): Promise<void> {
    const state = this.get();
    if (state.status === 'signed-in') this.enter(state.server, await unwrap(api.GET('/api/auth/me')));
  }

  async signOut(): Promise<void> {
    const state = this.get();
    if (state.status !== 'signed-in') return;
    try {
      await unwrap(api.POST('/api/auth/sign-out'));
    } catch (error) {
      // Who is not known there any more is signed out already.
      if (asApiError(error).status !== 401) throw error;
    }
    setCsrf('');
    this.set({ status: 'signed-out', server: state.server, expired: false });
  }

  /** The server does not know us any more. */
  expire(): void {
    const state = this.get();
    if (state.status !== 'signed-in') return;
    setCsrf('');
    this.set({ status: 'signed-out', server: state.server, expired: true });
  }

  private enter(server: ServerInfo, me: Me): void {
    setCsrf(me.csrf);
    this.set({ status: 'signed-in', server, me });
  }
}

export function may(me: Me, permission: Permission): boolean {
  return me.permissions.includes(permission);
}
