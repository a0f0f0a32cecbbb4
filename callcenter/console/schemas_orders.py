"""Orders over the wire: as everybody sees them (masked), one in full, who could do it and why not, plans."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from callcenter.catalog.models import Category, ClaimMode, SlaClass
from callcenter.dispatch.orders.matching import Gate
from callcenter.dispatch.orders.models import Phase, ProofKind
from callcenter.dispatch.orders.schemas import AskedOrder, ChangedOrder
from callcenter.dispatch.orders.states import OfferState, OrderState

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
MaybeReason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
Version = Annotated[int, Field(ge=1, le=1_000_000_000)]
StoreQuery = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)]


# --- as everybody sees them --------------------------------------------------------------------------------------------------


class Spot(BaseModel):
    """WGS-84, degrees."""

    latitude: float
    longitude: float


class OrderLineView(BaseModel):
    code: str
    name: str
    category: Category
    unit: str
    quantity: int
    price_fen: int | None  # a unit, the store's: known when it has accepted
    low_risk: bool


class OrderView(BaseModel):
    """The same for every reader: whose it is only as far as a board on a wall may tell."""

    id: uuid.UUID
    version: int
    number: str
    case_id: uuid.UUID
    state: OrderState
    sla_class: SlaClass
    claim_mode: ClaimMode
    elder_name: str  # 王**
    community_id: uuid.UUID
    place: str  # the community
    position: Spot | None  # to about a hundred metres
    lines: list[OrderLineView]
    store_id: uuid.UUID | None
    store_name: str
    asked: int  # stores that think about it now
    answer_by: datetime | None  # until when the last of them may answer
    refusals: int
    requested_at: datetime | None
    wanted_from: datetime | None
    wanted_to: datetime | None
    waits_until: datetime | None  # nobody is asked before: placed at night
    due_at: datetime | None  # the next deadline: accepted, at the door, done; None: nothing is due
    accept_by: datetime | None
    arrive_by: datetime | None
    attention: str  # why a person should look: nobody, refused, expired, late, no_answer, proof, code_locked, disputed; "": no need
    visit: int


# --- one in full --------------------------------------------------------------------------------------------------------------


class ScorePart(BaseModel):
    """A part of the score: what was looked at, and what it gave."""

    name: str  # distance, rating, load, acceptance, known, dialect, wanted
    value: float | str | None
    points: float


class GateOut(BaseModel):
    gate: Gate
    what: str  # a licence, an item's code, a day, a number


class OfferView(BaseModel):
    id: uuid.UUID
    store_id: uuid.UUID
    store_name: str
    store_number: str
    store_position: Spot | None
    rating: int  # hundredths, 0: not rated
    round: int
    state: OfferState
    metres: int | None
    score: float
    parts: list[ScorePart]
    passed: list[GateOut]  # gates that a supervisor went past
    offered_at: datetime
    deadline_at: datetime
    seen_at: datetime | None
    answered_at: datetime | None
    answered_how: str
    reason: str


class ProofView(BaseModel):
    visit: int
    phase: Phase
    kind: ProofKind
    at: datetime
    metres: int | None
    photo_id: uuid.UUID | None
    note: str


class OrderPhotoView(BaseModel):
    id: uuid.UUID
    purpose: str
    taken_at: datetime


class OrderHistoryEntry(BaseModel):
    at: datetime
    kind: str
    state: OrderState
    actor_name: str  # "" = the system
    data: dict[str, Any]


class OrderDetail(OrderView):
    """`whole`: the reader may see her. Else name, address, notes, code and pictures are missing."""

    whole: bool
    elder_id: uuid.UUID | None
    full_name: str
    address: str
    notes: str
    is_subsidised: bool  # insurance, subsidy or voucher may pay: two proofs at each end
    minutes: int
    requested_by: str
    override_reason: str
    store_number: str
    worker_name: str
    worker_number: str
    accepted_at: datetime | None
    en_route_at: datetime | None
    checked_in_at: datetime | None
    checked_out_at: datetime | None
    verified_at: datetime | None
    settled_at: datetime | None
    closed_reason: str
    amount_fen: int | None
    done_note: str
    service_code: str  # to be read to the elder; only for whoever has her on the line or owns the case
    job_code: str  # to be told to the store
    code_locked: bool
    parent_number: str
    plan_id: uuid.UUID | None
    missing: list[str]  # why it is not verified: check_in_proofs, check_out_proofs, too_short
    proofs: list[ProofView]
    photos: list[OrderPhotoView]
    offers: list[OfferView]  # newest first
    history: list[OrderHistoryEntry]  # newest first
    acts: dict[str, str]  # what the reader may do with it: "" now, else why not now. What she may never do is not in it


# --- who could do it ------------------------------------------------------------------------------------------------------------


class StoreChoice(BaseModel):
    """A store that could do it (`out` is empty) or could not."""

    store_id: uuid.UUID
    name: str
    number: str
    position: Spot | None
    metres: int | None
    rating: int
    rating_count: int
    served: int  # jobs done for her
    price_fen: int | None  # all lines together; None: it does not offer them all
    rank: int | None  # 1: the first that is asked
    parts: list[ScorePart]
    out: list[GateOut]
    passable: bool  # all gates that it fails may be passed by a supervisor
    open_offer: bool = False  # it thinks about this order now
    declined: bool = False  # it has said no in this round


class StoreChoices(BaseModel):
    ranked: list[StoreChoice]  # the best first, ten at most
    ranked_count: int
    out: list[StoreChoice]  # the nearest of those that are out
    out_count: int
    gates: dict[Gate, int]  # how many fail at each
    found: list[StoreChoice]  # by the name that was asked for


class OrderPreview(StoreChoices):
    sla_class: SlaClass
    claim_mode: ClaimMode
    minutes: int
    accept_by: datetime
    arrive_by: datetime
    waits_until: datetime | None  # placed at night: stores are asked then
    asks: int  # how many are asked together
    price_min_fen: int | None  # of those that can
    price_max_fen: int | None
    position: Spot | None


class AskPreview(BaseModel):
    order: AskedOrder
    q: StoreQuery = ""  # a store by name: why not this one


# --- what she ordered before --------------------------------------------------------------------------------------------------------


class UsualItem(BaseModel):
    code: str
    name: str
    category: Category
    times: int
    last_at: datetime


class UsualStore(BaseModel):
    id: uuid.UUID
    name: str
    times: int


class UsualTime(BaseModel):
    weekday: int  # 0 Monday
    at: time  # local, to the half hour
    times: int


class OrderSuggestions(BaseModel):
    items: list[UsualItem]  # the most ordered first
    stores: list[UsualStore]  # the last first
    usual: UsualTime | None


# --- what is asked for ----------------------------------------------------------------------------------------------------------------


class SeenOrder(BaseModel):
    version: Version


class AssignStore(SeenOrder):
    store_id: uuid.UUID
    agreed: bool  # spoken with it: it is accepted at once; else it is offered to this store alone
    reason: MaybeReason = ""


class WithReason(SeenOrder):
    reason: Reason


class CancelOrder(SeenOrder):
    why: Literal["elder", "family", "away", "hospital", "mistake", "no_store", "died", "other"]
    note: MaybeReason = ""


class Rework(WithReason):
    same_store: bool


class AgentProof(SeenOrder):
    phase: Phase
    note: Reason


class OrderChange(ChangedOrder):
    version: Version


class ServiceCode(BaseModel):
    code: str


class Acted(BaseModel):
    """What an Idempotency-Key keeps of an act: nothing private."""

    id: uuid.UUID


# --- plans -----------------------------------------------------------------------------------------------------------------------------


class OrderPlanView(BaseModel):
    id: uuid.UUID
    version: int
    elder_id: uuid.UUID
    case_id: uuid.UUID
    lines: list[OrderLineView]
    notes: str
    weekdays: list[int]
    every_weeks: int
    at: time
    minutes_window: int
    first: date
    last: date | None
    next_on: date | None
    active: bool
    created_at: datetime


class EndPlan(BaseModel):
    reason: Reason
