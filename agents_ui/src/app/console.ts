import type { QueryClient } from '@tanstack/react-query';
import { api, unwrap } from '../api/client';
import type { Called, CommandOutcome, ListenMode, Me } from '../api/types';
import { lookUp } from '../i18n/words';
import { browserName, clockTime, duration } from '../kit/format';
import { Store } from '../kit/store';
import { watchForSleep } from '../kit/sleep';
import { alarmsFor, askedToWatch } from '../live/emergency';
import { talkingCall } from '../live/select';
import { LiveStore } from '../live/store';
import type { LiveState } from '../live/reducer';
import { companyOf } from '../features/call/parties';
import { arrivals, putToUs } from '../features/floor/ownership';
import {
  answersByItself,
  currentCall,
  deservesTick,
  isLeftOver,
  partedFrom,
  ringFor,
  ringOutcomes,
  touchedCases,
} from './desk';
import { FocusStore } from './focus';
import { LookStore } from './look';
import { LastCallStore } from './last-call';
import { NoticeStore } from './notices';
import { PhoneDesk, reported } from './phone-desk';
import { may, type SessionStore } from './session';

/** The console may hold the first ring this long, so that the pop is on the screen before anything is heard (docs/decisions.md §13). */
const RING_HOLD_MS = 150;
const LEFT_OVER_MS = 2_500;
const HANG_UP_CHECK_MS = 1_500;

function socketUrl(): string {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws/console`;
}

/** Everything of the console that lives outside React, wired together for one signed-in person. */
export class Console {
  readonly live = new LiveStore(socketUrl());
  readonly desk = new PhoneDesk((callId) => talkingCall(this.live.get(), this.me.id)?.id === callId);
  readonly focus: FocusStore;
  readonly look: LookStore;
  readonly notices = new NoticeStore();
  readonly lastCall: LastCallStore;
  private before: LiveState = this.live.get();
  private painted: string | null = null;
  private ringTimer: ReturnType<typeof setTimeout> | undefined;
  private leftOverTimer: ReturnType<typeof setTimeout> | undefined;
  private ours: string | null = null;
  private readonly undo: (() => void)[] = [];

  constructor(
    readonly me: Me,
    session: SessionStore,
    private readonly queries: QueryClient,
  ) {
    this.focus = new FocusStore(me.id);
    this.look = new LookStore(this.focus);
    this.lastCall = new LastCallStore(me.id);
    this.live.onOpen = () => this.report();
    this.desk.onLegGivenUp = () => {
      this.lastReported = ''; // nothing has changed here, and it is said once more all the same
      this.report();
    };
    this.live.onRefused = () => session.expire();
    this.live.onTookOver = (from) =>
      this.notices.tell('warning', 'took-over', {
        browser: browserName(from.browser),
        time: clockTime(Date.parse(from.since)),
      });
  }

  get phone(): PhoneDesk['phone'] {
    return this.desk.phone;
  }

  start(): void {
    const hurry = (): void => this.live.hurry();
    window.addEventListener('online', hurry);
    document.addEventListener('visibilitychange', hurry);
    const doubt = (): void => this.live.doubt();
    window.addEventListener('offline', doubt);
    this.undo.push(
      () => window.removeEventListener('offline', doubt),
      watchForSleep((ms) => {
        this.live.doubt();
        this.notices.tell('info', 'slept', { time: duration(ms) });
      }),
      this.live.subscribe(() => this.liveChanged()),
      this.phone.subscribe(() => this.phoneChanged()),
      () => window.removeEventListener('online', hurry),
      () => document.removeEventListener('visibilitychange', hurry),
    );
    this.begin();
  }

  /** Also for this tab again, after a newer one had replaced it. */
  begin(): void {
    if (may(this.me, 'calls:see')) this.live.connect();
    if (may(this.me, 'calls:take')) this.desk.start();
  }

  stop(): void {
    for (const undo of this.undo.splice(0)) undo();
    clearTimeout(this.ringTimer);
    clearTimeout(this.leftOverTimer);
    this.live.disconnect();
    this.desk.stop();
  }

  /** The ringing band of this call is on the screen: it may be heard now. */
  bandPainted(callId: string): void {
    this.painted = callId;
    this.updateRing();
  }

  answer(): void {
    if (this.phone.get().call !== null) this.phone.answer();
    else this.phone.answer(currentCall(this.live.get(), this.phone.get(), this.me.id)?.id);
  }

  /** Asked before a call is ended on which others talk: everybody, or only we. */
  readonly hangUpAsked = new Store<string | null>(null);

  /** Ends the call: by our telephone, and by the server when that did not do it (or the telephone is in another tab). */
  hangUp(): void {
    const mine = talkingCall(this.live.get(), this.me.id);
    const hadLeg = this.phone.get().call !== null;
    if (mine !== null && companyOf(mine, this.me.id) >= 2) {
      this.hangUpAsked.set(mine.id);
      return;
    }
    this.phone.hangUp();
    if (mine === null) return;
    const end = (): void => {
      if (talkingCall(this.live.get(), this.me.id)?.id !== mine.id) return;
      unwrap(api.POST('/api/calls/{call_id}/hang-up', { params: { path: { call_id: mine.id } } })).catch(() =>
        this.notices.tell('error', 'hang-up-failed'),
      );
    };
    if (hadLeg) setTimeout(end, HANG_UP_CHECK_MS);
    else end();
  }

  /** Rings our own telephone first, which is then picked up by itself. */
  async callBack(taskId: string): Promise<void> {
    const { call_id } = await unwrap(
      api.POST('/api/tasks/{task_id}/call-back', { params: { path: { task_id: taskId } } }),
    );
    this.phone.answer(call_id);
  }

  /** Rings our own telephone first, which is then picked up by itself; `already`: only the mode changes. */
  async listen(callId: string, mode: ListenMode, already: boolean): Promise<CommandOutcome> {
    const asked = { params: { path: { call_id: callId } }, body: { mode } };
    if (already) return unwrap(api.POST('/api/calls/{call_id}/listen/mode', asked));
    const outcome = await unwrap(api.POST('/api/calls/{call_id}/listen', asked));
    if (outcome.outcome === 'done') this.phone.answer(callId);
    return outcome;
  }

  stopListening(callId: string): Promise<CommandOutcome> {
    return unwrap(api.POST('/api/calls/{call_id}/listen/stop', { params: { path: { call_id: callId } } }));
  }

  /** The same for anybody whom a case is about. */
  async callOut(caseId: string, body: Called): Promise<void> {
    const { call_id } = await unwrap(
      api.POST('/api/cases/{case_id}/call-out', {
        params: { path: { case_id: caseId } },
        body: { elder: false, ...body },
      }),
    );
    this.phone.answer(call_id);
  }

  /** Of a planned call that she has taken from the list: her own telephone first, then the elder's. */
  async callFollowUp(planId: string, position: number): Promise<void> {
    const { call_id } = await unwrap(
      api.POST('/api/follow-ups/{plan_id}/call', { params: { path: { plan_id: planId } }, body: { position } }),
    );
    this.phone.answer(call_id);
  }

  private liveChanged(): void {
    const before = this.before;
    const after = this.live.get();
    this.before = after;
    const phone = this.phone.get();
    if (before.connection !== after.connection && after.connection === 'replaced') this.desk.giveUp(false);
    for (const { outcome } of ringOutcomes(before, after, this.me.id)) {
      if (outcome.kind === 'taken') this.notices.tell('info', 'taken', { name: outcome.by });
      if (outcome.kind === 'abandoned') this.notices.tell('warning', 'abandoned');
    }
    const parted = partedFrom(before, after, this.me.id);
    if (parted !== null)
      this.notices.tell('warning', `parted-${parted.kind}`, {
        name: parted.who || lookUp('queue.unknownCaller') || '',
        by: parted.kind === 'moved' ? parted.by : '',
      });
    for (const { by: name, number, word } of arrivals(before, after, this.me.id)) {
      this.notices.tell('info', word === '' ? 'arrived' : 'arrivedWord', { name, number, word });
      this.desk.ringer.tick();
    }
    const asked = new Set(askedToWatch(before, this.me.id).map((one) => one.id));
    if (askedToWatch(after, this.me.id).some((one) => !asked.has(one.id))) this.desk.ringer.tick();
    if (putToUs(before, after, this.me.id).length > 0) {
      this.notices.tell('info', 'taskArrived');
      this.desk.ringer.tick();
    } else if (deservesTick(before, after)) this.desk.ringer.tick();
    for (const id of touchedCases(before, after)) {
      void this.queries.invalidateQueries({ queryKey: ['case', id] });
      void this.queries.invalidateQueries({ queryKey: ['emergency', id] });
    }
    const talking = talkingCall(after, this.me.id);
    if (talking !== null) this.lastCall.talking(talking);
    const current = currentCall(after, phone, this.me.id);
    const wasCurrent = currentCall(before, phone, this.me.id);
    if (
      current !== null &&
      (current.id !== wasCurrent?.id || current.case_id !== wasCurrent.case_id || current.state !== wasCurrent.state)
    ) {
      this.focus.openCall(current);
    }
    this.updateCall();
  }

  private phoneChanged(): void {
    this.report();
    this.updateCall();
  }

  private updateCall(): void {
    const live = this.live.get();
    const phone = this.phone.get();
    if (answersByItself(live, phone)) this.phone.answer();
    const callId = phone.call?.callId ?? null;
    if (callId !== null && live.calls[callId]?.agent_id === this.me.id) this.ours = callId;
    if (!isLeftOver(live, phone, this.me.id, this.ours)) {
      clearTimeout(this.leftOverTimer);
      this.leftOverTimer = undefined;
    } else {
      this.leftOverTimer ??= setTimeout(() => {
        this.leftOverTimer = undefined;
        if (isLeftOver(this.live.get(), this.phone.get(), this.me.id, this.ours)) this.phone.hangUp();
      }, LEFT_OVER_MS);
    }
    this.updateRing();
  }

  private updateRing(): void {
    const alarm = alarmsFor(this.live.get(), this.me)[0]?.alarm.level ?? 0;
    this.desk.ringer.alarm(may(this.me, 'cases:write') ? alarm : 0, this.phone.get().call !== null);
    const ring = ringFor(this.live.get(), this.phone.get(), this.me.id);
    const shown = currentCall(this.live.get(), this.phone.get(), this.me.id);
    if (ring === null || this.desk.ringer.current !== null || (shown !== null && this.painted === shown.id)) {
      clearTimeout(this.ringTimer);
      this.ringTimer = undefined;
      this.desk.ringer.ring(ring);
      return;
    }
    this.ringTimer ??= setTimeout(() => {
      this.ringTimer = undefined;
      this.desk.ringer.ring(ringFor(this.live.get(), this.phone.get(), this.me.id));
    }, RING_HOLD_MS);
  }

  private lastReported = '';

  private report(): void {
    const message = may(this.me, 'calls:take') ? reported(this.phone.get().registration) : null;
    // A new socket knows nothing yet: said again on each opening, else only when it changed.
    const key = message === null ? '' : JSON.stringify(message);
    if (message !== null && (key !== this.lastReported || this.live.get().connection !== 'open'))
      this.live.send(message);
    this.lastReported = key;
  }
}
