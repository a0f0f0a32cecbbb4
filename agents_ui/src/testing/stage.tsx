import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, cleanup, render, type RenderResult } from '@testing-library/react';
import type { ReactNode } from 'react';
import { MemoryRouter } from 'react-router';
import { afterEach, beforeEach, vi } from 'vitest';
import type { CommandOutcome, Me, SnapshotData } from '../api/types';
import type { Console } from '../app/console';
import { ConsoleContext } from '../app/console-context';
import { FocusStore } from '../app/focus';
import { LookStore } from '../app/look';
import { LastCallStore } from '../app/last-call';
import { NoticeStore } from '../app/notices';
import { setLanguage } from '../app/preferences';
import type { SessionStore } from '../app/session';
import { startI18n } from '../i18n';
import { MemoryStorage } from '../kit/storage';
import { Store } from '../kit/store';
import { LiveStore } from '../live/store';
import { IDLE_PHONE, type PhoneCall, type PhoneState } from '../phone/state';
import { FakeSockets } from './fake-socket';
import { aPerson, aServer, aSnapshot, AT } from './fixtures';

class StagePhone extends Store<PhoneState> {
  decline = vi.fn();
  answer = vi.fn();
  setMuted = vi.fn();
  sendDigits = vi.fn();
  levels = () => ({ in: 0, out: 0, voice: 0 });
}

/** What components stand on, without anything behind it: the test says what is live, and hears what they ask for. */
export class Stage {
  readonly live = new LiveStore('ws://test', { make: new FakeSockets().make, random: () => 0 });
  readonly phone = new StagePhone({ ...IDLE_PHONE, registration: 'registered', microphone: 'granted' });
  readonly notices = new NoticeStore();
  readonly focus: FocusStore;
  readonly look: LookStore;
  readonly lastCall: LastCallStore;
  readonly desk = { retry: vi.fn() };
  readonly answer = vi.fn();
  readonly hangUp = vi.fn();
  readonly bandPainted = vi.fn();
  readonly hangUpAsked = new Store<string | null>(null);
  readonly callOut = vi.fn(() => Promise.resolve());
  readonly callFollowUp = vi.fn(() => Promise.resolve());
  readonly callBack = vi.fn(() => Promise.resolve());
  readonly listen = vi.fn<(call: string, mode: string, already: boolean) => Promise<CommandOutcome>>(() =>
    Promise.resolve({ outcome: 'done', reason: '' }),
  );
  readonly stopListening = vi.fn<(call: string) => Promise<CommandOutcome>>(() =>
    Promise.resolve({ outcome: 'done', reason: '' }),
  );
  readonly session = { signOut: vi.fn(() => Promise.resolve()) };
  private seq = 0;

  constructor(readonly me: Me = aPerson()) {
    this.focus = new FocusStore(me.id, new MemoryStorage());
    this.look = new LookStore(this.focus);
    this.lastCall = new LastCallStore(me.id, new MemoryStorage());
    this.live.ticker.set(AT);
  }

  /** The server's truth from now on. */
  tell(data: Partial<SnapshotData>): void {
    act(() => this.live.dispatch({ type: 'snapshot', seq: ++this.seq, data: aSnapshot(data) }));
  }
  leg(call: Partial<PhoneCall> | null): void {
    const whole: PhoneCall = {
      session: 'leg-1',
      callId: 'call-1',
      direction: 'in',
      stage: 'ringing',
      remote: '07103456789',
      muted: false,
      talkingSince: null,
    };
    act(() => this.phone.update((state) => ({ ...state, call: call && { ...whole, ...call } })));
  }
  /** Lets so many seconds pass on the server's clock. */
  pass(seconds: number): void {
    act(() => this.live.ticker.set(this.live.ticker.get() + seconds * 1000));
  }
  show(ui: ReactNode): RenderResult {
    return render(ui, { wrapper: ({ children }) => this.around(children) });
  }

  private readonly queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  private around(children: ReactNode): ReactNode {
    const value = {
      desk: this as unknown as Console,
      session: this.session as unknown as SessionStore,
      me: this.me,
      server: aServer(),
    };
    return (
      <QueryClientProvider client={this.queries}>
        <MemoryRouter>
          <ConsoleContext value={value}>{children}</ConsoleContext>
        </MemoryRouter>
      </QueryClientProvider>
    );
  }
}

beforeEach(() => {
  window.localStorage.clear();
  setLanguage('zh');
  startI18n();
});
afterEach(cleanup);
