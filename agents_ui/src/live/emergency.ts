import type { CallView, EmergencyView, Me } from '../api/types';
import type { LiveState } from './reducer';
import { isSos, type Age } from './select';

/** Pure decisions about emergencies: which are whose, what is due, what has to be shown to whom. */

const ms = (iso: string): number => Date.parse(iso);

export type Deadline = EmergencyView['deadlines'][number];
export type Alarm = EmergencyView['alarms'][number];

/** The oldest press first. */
export function openEmergencies(state: Pick<LiveState, 'emergencies'>): EmergencyView[] {
  return Object.values(state.emergencies).sort(
    (a, b) => ms(a.pressed_at) - ms(b.pressed_at) || a.id.localeCompare(b.id),
  );
}

export function emergencyOf(state: Pick<LiveState, 'emergencies'>, caseId: string | null): EmergencyView | null {
  if (caseId === null) return null;
  return Object.values(state.emergencies).find((one) => one.case_id === caseId) ?? null;
}

/** A press that a person talks with; its emergency is written a moment later. */
export function sosCallOf(state: Pick<LiveState, 'calls'>, caseId: string | null): CallView | null {
  if (caseId === null) return null;
  const talks = (call: CallView): boolean => call.state === 'talking' || call.state === 'held';
  return (
    Object.values(state.calls).find(
      (call) => call.case_id === caseId && isSos(call) && call.kind !== 'outbound' && talks(call),
    ) ?? null
  );
}

export type Part = 'owner' | 'watcher' | 'asked' | 'none';

/** What somebody is to an emergency. `asked`: she is to watch, and has not said so. */
export function partIn(one: EmergencyView, agentId: string): Part {
  if (one.owner_id === agentId) return 'owner';
  if (one.watcher_id !== agentId) return 'none';
  return one.watching_since === null ? 'asked' : 'watcher';
}

/** She is at her console. */
export function isThere(state: Pick<LiveState, 'agents'>, userId: string | null): boolean {
  return userId !== null && (state.agents[userId]?.state ?? 'offline') !== 'offline';
}

/** Whether it is hers to say that she watches: one person at a time, and a supervisor at any time, as the server has it. `there`: who watches now is at
    her console. */
export function mayWatch(one: EmergencyView, me: Pick<Me, 'id' | 'role'>, there: boolean): boolean {
  const part = partIn(one, me.id);
  if (part === 'asked') return true;
  return part === 'none' && (one.watching_since === null || me.role === 'supervisor' || !there);
}

export function mine(state: Pick<LiveState, 'emergencies'>, agentId: string): EmergencyView[] {
  return openEmergencies(state).filter((one) => partIn(one, agentId) !== 'none');
}

export function askedToWatch(state: Pick<LiveState, 'emergencies'>, agentId: string): EmergencyView[] {
  return openEmergencies(state).filter((one) => partIn(one, agentId) === 'asked');
}

/** What is due next; null: nothing is. */
export function nextDeadline(one: Pick<EmergencyView, 'deadlines'>): Deadline | null {
  return one.deadlines.reduce<Deadline | null>(
    (first, next) => (first === null || ms(next.due_at) < ms(first.due_at) ? next : first),
    null,
  );
}

export interface Countdown {
  /** ms until then; what it is over by, without a sign, when `over`. */
  ms: number;
  over: boolean;
  age: Age;
}

const SOON_MS = 15_000;

/** Amber in the last quarter of its time (15 s at most), red when it is over. */
export function countdown(deadline: { started_at: string; due_at: string }, now: number): Countdown {
  const left = ms(deadline.due_at) - now;
  const soon = Math.min(SOON_MS, (ms(deadline.due_at) - ms(deadline.started_at)) / 4);
  return { ms: Math.abs(left), over: left < 0, age: left < 0 ? 'late' : left <= soon ? 'warn' : 'fresh' };
}

export interface Alarmed {
  emergency: EmergencyView;
  /** The gravest of those that nobody has seen; of these the oldest. */
  alarm: Alarm;
  /** All that nobody has seen. */
  count: number;
}

/** Level 1 is for whoever takes calls, from 2 on supervisors; who owns or watches hears every one. */
export function isAlarmFor(alarm: Alarm, one: EmergencyView, me: Pick<Me, 'id' | 'role'>): boolean {
  if (one.owner_id === me.id || one.watcher_id === me.id) return true;
  if (me.role === 'supervisor') return true;
  return me.role === 'agent' && alarm.level <= 1;
}

/** One for each emergency that calls for this person, the gravest first. */
export function alarmsFor(state: Pick<LiveState, 'emergencies'>, me: Pick<Me, 'id' | 'role'>): Alarmed[] {
  const found = openEmergencies(state).flatMap((emergency) => {
    const list = emergency.alarms.filter((alarm) => isAlarmFor(alarm, emergency, me));
    const first = [...list].sort((a, b) => b.level - a.level || ms(a.at) - ms(b.at))[0];
    return first === undefined ? [] : [{ emergency, alarm: first, count: list.length }];
  });
  return found.sort((a, b) => b.alarm.level - a.alarm.level || ms(a.alarm.at) - ms(b.alarm.at));
}

/** How the person at the desk looks at the case in the middle, when she has said so. */
export interface Look {
  caseId: string;
  in: boolean;
}

/** Whether the emergency screen takes the desk: by itself for who talks, owns or watches; for others when they ask for it. */
export function screenOpen(state: LiveState, caseId: string | null, agentId: string, look: Look | null): boolean {
  const one = emergencyOf(state, caseId);
  const call = sosCallOf(state, caseId);
  const mineToSee = (one !== null && partIn(one, agentId) !== 'none') || call?.agent_id === agentId;
  if (one === null && !mineToSee) return false;
  return look !== null && look.caseId === caseId ? look.in : mineToSee;
}
