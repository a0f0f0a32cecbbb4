import type { Attempt, HandoverOutView, StepTurn, StepView } from '../api/types';
import { ago, AT, iso } from './fixtures';

/** What an emergency's steps, calls and hand-overs are made of in tests. */

export function aStep(over: Partial<StepView> = {}): StepView {
  return {
    code: 'conscious',
    sort: 'question',
    words: { zh: '您听得见我吗？', en: 'Can you hear me?' },
    aloud: true,
    say: null,
    note: null,
    act: null,
    agency: null,
    item: null,
    kind: null,
    outcome: null,
    within: 20,
    once: false,
    answers: [],
    if_skipped: null,
    to: null,
    no_outside: null,
    standing: 'current',
    position: 1,
    times: 0,
    answer: '',
    reason: '',
    carried: false,
    at: null,
    by_name: '',
    due_at: iso(AT + 20_000),
    done_before: null,
    ...over,
  };
}

export function aTurn(over: Partial<StepTurn> = {}): StepTurn {
  return {
    run: 1,
    protocol: 'fall',
    position: 1,
    step: 'conscious',
    words: { zh: '您听得见我吗？', en: 'Can you hear me?' },
    act: null,
    state: 'done',
    answer: 'clear',
    answer_words: { zh: '答得清楚', en: 'Clear answers' },
    reason: '',
    carried: false,
    began_at: ago(30),
    due_at: ago(10),
    at: ago(20),
    by_name: '坐席',
    undone_at: null,
    ...over,
  };
}

export function anAttempt(over: Partial<Attempt> = {}): Attempt {
  return {
    id: 'attempt-1',
    round: 1,
    rung: 1,
    who: 'key_holder',
    state: 'calling',
    asked_at: ago(5),
    answered_at: null,
    ended_at: null,
    arrived_at: null,
    name: '陈秀珍',
    relation: '邻居',
    number: '137 0000 6782',
    contact_id: 'contact-1',
    worker_id: null,
    answer: '',
    ...over,
  };
}

export function aHandover(over: Partial<HandoverOutView> = {}): HandoverOutView {
  return {
    id: 'handover-1',
    version: 1,
    case_id: 'case-1',
    agency: '120',
    label: '急救中心',
    state: 'offered',
    possible: ['accepted', 'rejected', 'dispatched', 'arrived', 'closed'],
    offered_at: ago(30),
    offered_by: '坐席',
    accept_by: iso(AT + 90_000),
    accepted_at: null,
    dispatched_at: null,
    arrived_at: null,
    rejected_at: null,
    closed_at: null,
    confirmed_by: '',
    reference: '',
    reason: '',
    outcome: '',
    note: '',
    call_id: null,
    leg_id: null,
    opened_at: null,
    read_at: null,
    city: 'none',
    packet_version: 1,
    packet_at: ago(30),
    links: [],
    ...over,
  };
}
