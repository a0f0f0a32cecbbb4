/** The wire (providers/schemas.py). Money in fen, times ISO with zone, distances in metres. */

export type OrderState =
  'accepted' | 'en_route' | 'in_service' | 'no_answer' | 'done' | 'verified' | 'settled' | 'disputed' | 'cancelled';
export type Phase = 'in' | 'out';
export type Proof = 'service_code' | 'elder_phone' | 'door_tag' | 'position_photo' | 'agent';

export interface Line {
  code: string;
  name: string;
  unit: string;
  quantity: number;
  price_fen: number | null;
  low_risk: boolean;
}

export interface Card {
  order_id: string;
  number: string;
  store_id: string;
  store: string;
  sla_class: string;
  lines: Line[];
  minutes: number;
  wanted_from: string | null;
  wanted_to: string | null;
  arrive_by: string | null;
  elder: string;
  address: string;
  metres: number | null;
  pays_fen: number | null;
  proofs_needed: number;
  /** Its length counts: somebody stays. */
  timed: boolean;
  is_subsidised: boolean;
}

export interface Offer extends Card {
  id: string;
  offered_at: string;
  deadline_at: string;
}

export interface Worker {
  id: string;
  name: string;
}

export type Payer = 'care_insurance' | 'subsidy' | 'voucher' | 'points' | 'self_pay';

/** What the bill says: to be collected at the door, and who pays the rest. */
export interface Settled {
  at_door_fen: number;
  others: { kind: Payer; payer: string; fen: number }[];
}

export interface Job extends Card {
  version: number;
  state: OrderState;
  worker: Worker | null;
  mine: boolean;
  latitude: number | null;
  longitude: number | null;
  notes: string;
  hidden: boolean;
  job_code: string;
  accepted_at: string | null;
  checked_in_at: string | null;
  checked_out_at: string | null;
  proofs_in: Proof[];
  proofs_out: Proof[];
  code_locked: boolean;
  attention: string;
  amount_fen: number | null;
  settled: Settled | null;
  may: string[];
}

export interface OrderNews {
  order_id: string;
  version: number;
  offers: Offer[];
  job: Job | null;
  gone: string;
}

export interface Inbox {
  seq: number;
  now: string;
  orders: OrderNews[];
}

export interface Membership {
  store_id: string;
  store: string;
  code: string;
  role: 'keeper' | 'worker';
  state: string;
  state_reason: string;
}

export interface Me {
  id: string;
  name: string;
  csrf: string;
  session_id: string;
  stores: Membership[];
  organisations: { organisation_id: string; name: string; kind: string }[];
  hotline: string;
  /** Called from the elder's telephone to check in and out. */
  job_line: string;
  timezone: string;
  push_key: string;
}

export interface Welcome {
  mode: string;
  hotline: string;
  now: string;
  demo: { number: string; code: string; name: string; what: string }[];
}

/** The official sums, and beside them the visits. */
export interface Statement {
  month: string;
  complete: boolean;
  sums: {
    orders: number;
    amount_fen: number;
    by_kind: Partial<Record<Payer, number>>;
    at_door_fen: number;
    fee_fen: number;
    net_fen: number;
    transfer_fen: number;
  };
  earnings: { today_fen: number; waiting_fen: number } | null;
  lines: {
    order_id: string;
    number: string;
    day: string;
    items: string;
    worker: string;
    state: OrderState;
    amount_fen: number;
    at_door_fen: number | null;
  }[];
}

export interface Device {
  id: string;
  this_one: boolean;
  browser: string;
  created_at: string;
  seen_at: string;
}

export interface OwnStore {
  id: string;
  version: number;
  code: string;
  name: string;
  address: string;
  hours: number[][][];
  has_smartphone: boolean;
  rating: number;
  rating_count: number;
  items: { code: string; name: string; price_fen: number; active: boolean }[];
  papers: { kind: string; holder: string; valid_to: string | null; lapsed: boolean }[];
  people: { name: string; number: string; role: 'keeper' | 'worker' }[];
  blackouts: { id: string; first: string; last: string; reason: string }[];
}

export interface StoreLine {
  id: string;
  code: string;
  name: string;
  state: 'applied' | 'admitted' | 'suspended' | 'left';
  state_reason: string;
  community: string;
}

export interface Standing {
  store_id: string;
  version: number;
  name: string;
  state: StoreLine['state'];
  reason: string;
  may_become: ('admitted' | 'suspended')[];
}

export interface Report {
  jobs: number;
  offers: number;
  accepted: number;
  licences_expiring: number;
}

export interface CounterRequest {
  id: string;
  points: number;
  state: 'new' | 'asked' | 'confirmed' | 'refused' | 'expired';
  why: string;
  how: 'code' | 'pin' | 'voice' | null;
  /** 0 while she is asked: no code was sent, she calls the hotline. */
  tries_left: number;
  checking: boolean;
  made_at: string;
  expires_at: string;
}

export interface SettledMonth {
  month: string;
  issued_fen: number;
  redeemed_fen: number;
  fee_fen: number;
  /** Below zero: to be paid. */
  net_fen: number;
  paid_on: string | null;
}

export interface OwnPoints {
  issued: number;
  redeemed: number;
  owed_fen: number;
  at_counter: number;
  requests: CounterRequest[];
  months: SettledMonth[];
}

export type Told = 'new' | 'booked' | 'refused';

export interface SaleRefund {
  id: string;
  number: string;
  fen: number;
  state: Told;
  why: string;
  /** That went back. */
  points: number;
  made_at: string;
}

export interface Sale {
  id: string;
  receipt: string;
  fen: number;
  excluded_fen: number;
  state: Told;
  why: string;
  /** That stand. */
  points: number;
  /** Of what counted: can still be given back. */
  left_fen: number;
  made_at: string;
  refunds: SaleRefund[];
}

export interface OwnSales {
  allied: boolean;
  sales: Sale[];
  next: string | null;
}
