import type {
  AgentView,
  CallView,
  CaseSummary,
  ElderCard,
  EmergencyView,
  Me,
  Option,
  Options,
  PartyView,
  Pop,
  ServerInfo,
  SnapshotData,
  TaskView,
} from '../api/types';

/** What tests are made of. Everything happens around one moment. */

export const AT = Date.parse('2026-03-02T08:00:00.000Z');
export const iso = (ms: number): string => new Date(ms).toISOString();
/** So many seconds before the moment. */
export const ago = (seconds: number): string => iso(AT - seconds * 1000);

export const ME = 'agent-me';
export const OTHER = 'agent-other';

export function aCall(over: Partial<CallView> = {}): CallView {
  return {
    id: 'call-1',
    version: 1,
    kind: 'sos',
    state: 'offered',
    severity: 'E0',
    risk: 0,
    presses: 1,
    caller_number: '+867103456789',
    called: '8001',
    elder_name: '王秀英',
    elder_age: 78,
    place: '樊城·中原',
    received_at: ago(7),
    answered_at: null,
    caller_left_at: null,
    ended_at: null,
    on_hold: false,
    recording: false,
    ringing: [],
    agent_id: null,
    agent_name: '',
    parties: [],
    case_id: 'case-1',
    case_number: 'C-1',
    pop: null,
    ...over,
  };
}

export function anAgent(over: Partial<AgentView> = {}): AgentView {
  return {
    id: ME,
    version: 1,
    name: '坐席',
    role: 'agent',
    state: 'idle',
    reason: '',
    since: ago(60),
    phone_ok: true,
    phone_checked_at: ago(10),
    phone_problem: '',
    call_id: null,
    wrap_up_case_id: null,
    wrap_up_until: null,
    answered_today: 0,
    answered_within_10s: 0,
    ...over,
  };
}

export function aTask(over: Partial<TaskView> = {}): TaskView {
  return {
    id: 'task-1',
    version: 1,
    kind: 'call_back',
    state: 'open',
    case_id: 'case-9',
    case_number: 'C-9',
    severity: 'E0',
    elder_name: '李国强',
    caller_number: '+8613812345678',
    place: '襄城',
    reason: 'abandoned',
    created_at: ago(60),
    due_at: iso(AT + 120_000),
    attempts: 0,
    owner_id: null,
    has_recording: false,
    ...over,
  };
}

export function aCase(over: Partial<CaseSummary> = {}): CaseSummary {
  return {
    id: 'case-1',
    version: 1,
    number: 'C-1',
    state: 'owned',
    severity: 'E0',
    elder_id: 'elder-1',
    elder_name: '王秀英',
    caller_number: '+867103456789',
    owner_id: ME,
    owner_name: '坐席',
    opened_at: ago(120),
    resolved_at: null,
    outcome: '',
    presses: 1,
    deadline_at: iso(AT + 480_000),
    handed: null,
    ...over,
  };
}

/** 120, who talks. */
export function aParty(over: Partial<PartyView> = {}): PartyView {
  return {
    leg_id: 'leg-120',
    role: 'outside',
    code: '120',
    ref_id: null,
    agent_id: null,
    agent_name: '',
    number: '120',
    state: 'talking',
    cause: '',
    place: 'main',
    muted: false,
    mode: '',
    since: ago(10),
    asked_by: ME,
    ...over,
  };
}

export function anEmergency(over: Partial<EmergencyView> = {}): EmergencyView {
  return {
    id: 'emergency-1',
    version: 1,
    case_id: 'case-1',
    case_number: 'C-1',
    kind: 'unknown',
    state: 'open',
    elder_name: '王**',
    place: '樊城·中原',
    presses: 1,
    pressed_at: ago(120),
    opened_at: ago(119),
    answered_at: ago(110),
    owner_id: ME,
    owner_name: '坐席',
    watcher_id: null,
    watcher_name: '',
    watching_since: null,
    deadlines: [],
    alarms: [],
    attempts: [],
    ladder: null,
    ...over,
  };
}

export function aDeadline(over: Partial<EmergencyView['deadlines'][number]> = {}): EmergencyView['deadlines'][number] {
  return { code: 'owner', started_at: ago(60), due_at: iso(AT + 60_000), level: 0, ...over };
}

export function anAlarm(over: Partial<EmergencyView['alarms'][number]> = {}): EmergencyView['alarms'][number] {
  return { id: 'alarm-1', code: 'watch', level: 1, at: ago(5), data: {}, ...over };
}

export function anElder(over: Partial<ElderCard> = {}): ElderCard {
  return {
    id: 'elder-1',
    version: 1,
    full: true,
    name: '王秀英',
    salutation: '王阿姨',
    sex: 'female',
    age: 78,
    birth_date: '1948-01-01',
    id_number: '',
    card_number: '',
    categories: [],
    community_id: 'community-1',
    place: '樊城·中原·施营',
    door: '3-2-501',
    address: '',
    floor: 5,
    has_lift: false,
    entrance_hint: '',
    latitude: null,
    longitude: null,
    living: 'alone',
    presence: 'home',
    presence_since: null,
    presence_until: null,
    presence_place: '',
    death_reported: false,
    has_photo: false,
    verified_on: null,
    hearing: 'good',
    dialect: '',
    wandering: false,
    ability: 'not_assessed',
    ability_on: null,
    funding: 'self_pay',
    family_doctor: '',
    family_doctor_number: '',
    preferred_hospital: '',
    health: null,
    danger: [],
    contacts: [],
    grid_worker: null,
    to_ask: [],
    numbers: [],
    risk: 0,
    ...over,
  };
}

export function aPop(over: Partial<Pop> = {}): Pop {
  return { caller_number: '+867103456789', elder: anElder(), shared: [], last_cases: [], ...over };
}

export function aSnapshot(over: Partial<SnapshotData> = {}): SnapshotData {
  return { calls: [], agents: [], tasks: [], cases: [], orders: [], emergencies: [], ...over };
}

export function aPerson(over: Partial<Me> = {}): Me {
  return {
    id: ME,
    username: 'agent1',
    name: '坐席',
    role: 'agent',
    csrf: 'token',
    owes: [],
    permissions: ['calls:take', 'calls:see', 'cases:read', 'cases:write', 'elders:search', 'tasks:work'],
    ...over,
  };
}

export function aServer(over: Partial<ServerInfo> = {}): ServerInfo {
  return {
    mode: 'test',
    version: '0',
    protocol: 3,
    centre_name: '襄阳',
    hotline: '12349',
    needs_setup: false,
    demo_logins: [],
    ...over,
  };
}

export function anOption(code: string, label_zh: string, label_en: string, over: Partial<Option> = {}): Option {
  return { code, label_zh, label_en, closes_case: false, for_sos: true, retired_at: null, ...over };
}

export const OPTIONS: Options = {
  outcomes: [anOption('helped', '已帮助', 'Helped'), anOption('false_alarm', '误按', 'False alarm')],
  pause_reasons: [anOption('meal', '用餐', 'Meal')],
  sos_number: '8001',
  service_number: '8002',
  dialects: [],
  lines: [],
  openings: [],
  centre_name: '襄阳',
};
