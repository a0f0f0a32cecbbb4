"""What goes over the wire of the stores' app. Money in fen, times aware, distances in metres."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from callcenter.catalog.models import SlaClass
from callcenter.dispatch.bills.schemas import Earnings, Sums
from callcenter.dispatch.entitlements.models import PayerKind
from callcenter.dispatch.orders.actions.doing import DEAREST
from callcenter.dispatch.orders.models import Phase, ProofKind
from callcenter.dispatch.orders.schemas import Position
from callcenter.dispatch.orders.states import OrderState
from callcenter.dispatch.stores.models import MemberRole, StoreState
from callcenter.dispatch.stores.schemas import BlackoutView

Words = Annotated[str, StringConstraints(max_length=500, strip_whitespace=True)]
Picture = Annotated[str, StringConstraints(max_length=2_800_000, pattern=r"^[A-Za-z0-9+/]+={0,2}$")]  # JPEG or PNG in base64


# --- signing in --------------------------------------------------------------------------------------------------------------


class AskCode(BaseModel):
    number: Annotated[str, StringConstraints(min_length=3, max_length=32)]


class CodeAsked(BaseModel):
    """The same whoever asks: nobody learns here whose numbers we know."""

    seconds: int
    again_in: int
    digits: int


class SignIn(AskCode):
    code: Annotated[str, StringConstraints(pattern=r"^\d{6}$")]


class DemoLogin(BaseModel):
    number: str
    code: str
    name: str
    what: str


class Welcome(BaseModel):
    """What the page needs before anybody has signed in."""

    mode: str
    version: str
    hotline: str
    now: datetime
    demo: list[DemoLogin]


class Membership(BaseModel):
    store_id: uuid.UUID
    store: str
    code: str
    role: MemberRole
    state: StoreState
    state_reason: str


class OfficerOf(BaseModel):
    organisation_id: uuid.UUID
    name: str
    kind: str


class Me(BaseModel):
    id: uuid.UUID
    name: str
    csrf: str
    session_id: uuid.UUID
    stores: list[Membership]
    organisations: list[OfficerOf]
    hotline: str
    job_line: str  # called from the elder's telephone to check in and out
    timezone: str
    push_key: str  # "": no web push


class Device(BaseModel):
    id: uuid.UUID
    this_one: bool
    browser: str
    created_at: datetime
    seen_at: datetime


class Ended(BaseModel):
    count: int


# --- orders as a store sees them ---------------------------------------------------------------------------------------------


class LineView(BaseModel):
    code: str
    name: str
    unit: str
    quantity: int
    price_fen: int | None
    low_risk: bool


class CardView(BaseModel):
    """What an offer and a job have in common."""

    order_id: uuid.UUID
    number: str
    store_id: uuid.UUID
    store: str
    sla_class: SlaClass
    lines: list[LineView]
    minutes: int
    wanted_from: datetime | None
    wanted_to: datetime | None
    arrive_by: datetime | None
    elder: str  # 王** until it is accepted
    address: str  # to the building until it is accepted
    metres: int | None  # from the store
    pays_fen: int | None  # by its own prices
    proofs_needed: int
    timed: bool  # its length counts: somebody stays
    is_subsidised: bool


class PaidBy(BaseModel):
    kind: PayerKind
    payer: str  # 长护险 …; "": points
    fen: int


class SettledView(BaseModel):
    """What the bill of this visit says."""

    at_door_fen: int  # to be collected from the elder
    others: list[PaidBy]


class OfferView(CardView):
    id: uuid.UUID
    offered_at: datetime
    deadline_at: datetime
    workers: list[WorkerView]  # whom she may send; empty when it is not asked


class JobView(CardView):
    version: int
    state: OrderState
    worker: WorkerView | None
    mine: bool  # the reader is the one who goes
    latitude: float | None
    longitude: float | None
    notes: str
    hidden: bool  # it is over: name and address are masked again
    visit: int
    job_code: str
    accepted_at: datetime | None
    en_route_at: datetime | None
    checked_in_at: datetime | None
    checked_out_at: datetime | None
    proofs_in: list[ProofKind]
    proofs_out: list[ProofKind]
    code_locked: bool
    attention: str
    amount_fen: int | None
    settled: SettledView | None  # None: there is no bill yet
    may: list[str]  # send, set_out, check_in, check_out, no_answer, give_back, photo, finish, call


class WorkerView(BaseModel):
    id: uuid.UUID
    name: str


class OrderNews(BaseModel):
    """All that the reader may see of one order now; what she saw of it before is replaced."""

    order_id: uuid.UUID
    version: int
    offers: list[OfferView]
    job: JobView | None
    gone: str  # why her newest offer is not open any more: taken, expired, cancelled, changed, declined; "" while it is, or there is none


class Inbox(BaseModel):
    seq: int
    now: datetime
    orders: list[OrderNews]


# --- what she does -----------------------------------------------------------------------------------------------------------


class Accept(BaseModel):
    worker_id: uuid.UUID | None = None


class Decline(BaseModel):
    reason: Literal["busy", "far", "price", "other"]


class Send(BaseModel):
    worker_id: uuid.UUID


class GiveBack(BaseModel):
    reason: Literal["busy", "far", "price", "sick", "other"]


class ByCode(BaseModel):
    phase: Phase
    code: Annotated[str, StringConstraints(pattern=r"^\d{4,6}$")]


class ByTag(BaseModel):
    phase: Phase
    tag: Annotated[str, StringConstraints(min_length=1, max_length=100)]


class ByPosition(BaseModel):
    phase: Phase
    position: Position
    photo: Picture


class AddPhoto(BaseModel):
    photo: Picture


class Finish(BaseModel):
    amount_fen: Annotated[int, Field(ge=0, le=DEAREST)]
    note: Words = ""


class Done(BaseModel):
    """Kept for the case that the same action is sent again; what the reader sees is built anew."""

    ok: Literal[True] = True


# --- money -------------------------------------------------------------------------------------------------------------------


class StatementLine(BaseModel):
    order_id: uuid.UUID
    number: str
    day: date
    items: str
    worker: str
    state: OrderState
    amount_fen: int  # below zero: taken back
    at_door_fen: int | None  # None: there is no bill yet, and no sum counts it


class Statement(BaseModel):
    """The official sums, beside them the visits: those that are billed and those that wait for it."""

    store_id: uuid.UUID
    month: str
    complete: bool  # the month is over
    sums: Sums
    earnings: Earnings | None  # of the month that goes on
    lines: list[StatementLine]


# --- a store, as its keeper sees it ----------------------------------------------------------------------------------------------


class OwnItem(BaseModel):
    code: str
    name: str
    price_fen: int
    active: bool


class OwnPaper(BaseModel):
    kind: str
    holder: str  # "": the store's own
    valid_to: date | None
    lapsed: bool


class OwnPerson(BaseModel):
    name: str
    number: str  # masked
    role: MemberRole


class OwnStore(BaseModel):
    id: uuid.UUID
    version: int
    code: str
    name: str
    address: str
    state: StoreState
    state_reason: str
    hours: list[list[list[int]]]
    has_smartphone: bool
    daily_capacity: int
    at_once: int
    rating: int
    rating_count: int
    items: list[OwnItem]
    papers: list[OwnPaper]
    people: list[OwnPerson]
    blackouts: list[BlackoutView]


# --- web push ----------------------------------------------------------------------------------------------------------------------


class Subscribe(BaseModel):
    """`PushSubscription.toJSON()` of the browser, as text."""

    subscription: Annotated[str, StringConstraints(min_length=2, max_length=2000)]


# --- organisations -------------------------------------------------------------------------------------------------------------------


class Standing(BaseModel):
    store_id: uuid.UUID
    version: int
    name: str
    state: StoreState
    reason: str
    may_become: list[StoreState]
