from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from callcenter.dispatch.orders.models import Phase, ProofKind
from callcenter.dispatch.orders.schemas import ItemCode, Note, Position
from callcenter.kit.fields import Day, Moment
from callcenter.points.volunteers.states import Pays, VisitState, VolunteerState, Way

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
HalfHours = Annotated[int, Field(strict=True, ge=1, le=16)]
Units = Annotated[int, Field(strict=True, ge=1, le=100_000)]


class Availability(BaseModel):
    model_config = ConfigDict(extra="forbid")

    weekday: Annotated[int, Field(ge=0, le=6)]  # 0 is Monday
    begins: Annotated[int, Field(ge=0, le=1440)]  # minutes of the day
    ends: Annotated[int, Field(ge=0, le=1440)]

    @model_validator(mode="after")
    def in_order(self) -> Self:
        if self.ends <= self.begins:
            raise ValueError("ends before it begins")
        return self


class VolunteerFields(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name
    number: Annotated[str, StringConstraints(min_length=1, max_length=64)]  # any form
    id_number: Annotated[str, StringConstraints(strip_whitespace=True, max_length=18)] = ""
    birth_date: Day
    community_id: uuid.UUID
    skills: Annotated[list[ItemCode], Field(max_length=60)] = []
    languages: Annotated[list[Name], Field(max_length=10)] = []
    availability: Annotated[list[Availability], Field(max_length=40)] = []
    note: Note = ""


class NewVolunteer(VolunteerFields):
    elder_id: uuid.UUID | None = None  # she is an elder of the centre: her coins are kept with her points


class EditVolunteer(VolunteerFields):
    """`id_number` empty: as it was."""

    version: int


class NewTraining(BaseModel):
    model_config = ConfigDict(extra="forbid")

    held_on: Day
    topic: Words
    half_hours: Annotated[int, Field(strict=True, ge=1, le=48)]
    trainer: Annotated[str, StringConstraints(strip_whitespace=True, max_length=50)] = ""


class MoveVolunteer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: int
    to: Literal[VolunteerState.ACTIVE, VolunteerState.SUSPENDED, VolunteerState.LEFT, VolunteerState.APPLIED]
    reason: Words


class TrainingView(BaseModel):
    id: uuid.UUID
    held_on: date
    topic: str
    half_hours: int
    trainer: str


class VolunteerHead(BaseModel):
    id: uuid.UUID
    version: int
    state: VolunteerState
    name: str
    number_text: str  # masked in lists
    age: int
    community_id: uuid.UUID
    place: str
    is_elder: bool
    skills: list[str]
    languages: list[str]


class VolunteerView(VolunteerHead):
    """`coins` are half hours."""

    birth_date: date
    number: str
    has_id_number: bool
    elder_id: uuid.UUID | None
    availability: list[Availability]
    note: str
    state_at: datetime
    state_reason: str
    trainings: list[TrainingView]
    coins: int
    counted: int  # half hours of all visits
    may_spend_from: int  # years


class AskVisit(BaseModel):
    """`volunteer_id`: whom the elder names (点单). `pays`: auto takes her coins when she has enough and may spend them."""

    model_config = ConfigDict(extra="forbid")

    item: ItemCode
    wanted_from: Moment
    half_hours: HalfHours
    notes: Note = ""
    volunteer_id: uuid.UUID | None = None
    pays: Literal["auto", "coins", "free"] = "auto"


class OfVolunteer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: int
    volunteer_id: uuid.UUID


class AnswerOffer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: int
    accepted: bool


class ProveVisit(BaseModel):
    """`service_code`: with the code; `elder_phone`: with the call that came from her telephone; `agent`: with her words."""

    model_config = ConfigDict(extra="forbid")

    phase: Phase
    kind: Literal[ProofKind.SERVICE_CODE, ProofKind.ELDER_PHONE, ProofKind.AGENT]
    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")] | None = None
    call_id: uuid.UUID | None = None
    note: Note = ""
    position: Position | None = None  # as the volunteer's telephone shows it; beside the proof, never instead of one

    @model_validator(mode="after")
    def refuse_half_a_proof(self) -> Self:
        needed = {ProofKind.SERVICE_CODE: self.code, ProofKind.ELDER_PHONE: self.call_id, ProofKind.AGENT: self.note or None}
        if needed[self.kind] is None:
            raise ValueError("this proof needs its code, call_id or note")
        return self


class VisitNote(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: int
    note: Words


class RenewCode(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: int


class DecideVisit(BaseModel):
    """0: nothing counts."""

    model_config = ConfigDict(extra="forbid")

    version: int
    half_hours: Annotated[int, Field(strict=True, ge=0, le=48)]
    reason: Words


class ProofView(BaseModel):
    phase: Phase
    kind: ProofKind
    at: datetime
    metres: int | None  # from the elder's door
    near: bool | None  # None: no position was given


class VisitHead(BaseModel):
    """The elder's name masked, but for whoever may see her whole."""

    id: uuid.UUID
    version: int
    number: str
    state: VisitState
    way: Way
    case_id: uuid.UUID
    elder_id: uuid.UUID
    elder_name: str
    place: str
    item_code: str
    title: str
    low_risk: bool
    wanted_from: datetime
    half_hours: int
    pays: Pays
    volunteer_id: uuid.UUID | None
    volunteer_name: str
    attention: str
    checked_in_at: datetime | None
    checked_out_at: datetime | None
    proved: int | None  # half hours between the two
    counted: int | None
    donated: int
    paid: int
    whole: bool


class EventView(BaseModel):
    at: datetime
    kind: str
    state: VisitState
    actor_name: str


class VisitView(VisitHead):
    notes: str
    reason: str
    service_code: str  # for whoever may see her whole and talks with her; else empty
    proofs: list[ProofView]
    proofs_needed: int
    events: list[EventView]


class VolunteerCandidate(BaseModel):
    volunteer_id: uuid.UUID
    name: str
    age: int
    place: str
    may: bool
    out: list[str]  # not_active, minor, skill, herself, busy, declined
    minus: list[str]  # hours, community, dialect


class CoinsView(BaseModel):
    """All in half hours."""

    available: int
    reserved: int
    frozen: int
    cap: int
    given_this_year: int
    gift_year: int
    may_spend: bool
    spends_from: int  # years
    fund: int


class GiveCoins(BaseModel):
    model_config = ConfigDict(extra="forbid")

    gift_id: uuid.UUID  # made by the asker: the same again is the same gift
    to_elder_id: uuid.UUID
    half_hours: Units


class DonateCoins(BaseModel):
    model_config = ConfigDict(extra="forbid")

    gift_id: uuid.UUID
    half_hours: Units
