"""Outside services and hand-overs on the wire."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from callcenter.emergency.outside.states import Agency, CityState, HandoverOutState, Source

Number = Annotated[str, StringConstraints(strip_whitespace=True, max_length=64)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)]
Short = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)]


class ServiceView(BaseModel):
    id: uuid.UUID
    version: int
    region_id: uuid.UUID | None  # None: wherever no nearer one stands
    agency: Agency
    number: str  # as it is dialled; "" is none
    number_text: str
    label: str
    mobile: str  # where a crew's link goes by itself; masked for whoever may not change it
    webhook_url: str
    has_secret: bool
    active: bool
    updated_at: datetime


class ServiceFields(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: Number = ""
    label: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    mobile: Number = ""
    active: bool = True


class NewService(ServiceFields):
    region_id: uuid.UUID | None = None
    agency: Agency


class ChangedService(ServiceFields):
    version: int


class ServiceInterface(BaseModel):
    """A city's interface. An empty secret leaves the one that is there; none is ever shown."""

    model_config = ConfigDict(extra="forbid")

    version: int
    webhook_url: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""
    secret: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^(\S{32,200})?$")] = ""


# --- hand-overs ------------------------------------------------------------------------------------------------------------------------


class OfferHandover(BaseModel):
    model_config = ConfigDict(extra="forbid")

    agency: Agency
    call_id: uuid.UUID | None = None  # on which they were spoken with, and their leg of it
    leg_id: uuid.UUID | None = None
    mobile: Number = ""  # of the crew: a link is sent there; empty: to the service's own, if it has one
    note: Words = ""  # for the crew: 院里有狗


class ToldState(BaseModel):
    """What an agent was told on the telephone."""

    model_config = ConfigDict(extra="forbid")

    state: Literal["accepted", "rejected", "dispatched", "arrived", "closed"]
    reason: Words = ""  # of a rejection
    who: Short = ""  # who there has confirmed it
    reference: Short = ""  # its number there
    outcome: Words = ""  # of a closed one


class NewLink(BaseModel):
    model_config = ConfigDict(extra="forbid")

    mobile: Number = ""  # empty: not sent, only shown


class LinkView(BaseModel):
    id: uuid.UUID
    made_at: datetime
    expires_at: datetime
    sent_to: str  # masked; "" when it was only shown
    message_state: str  # of messaging; "" when it was not sent
    opened_at: datetime | None
    ended: bool


class MadeLink(LinkView):
    """For whoever made it: what is read aloud when no message arrives."""

    url: str
    code: str  # eight digits, typed at the public address
    code_until: datetime
    site: str  # that address


class HandoverOutView(BaseModel):
    id: uuid.UUID
    version: int
    case_id: uuid.UUID
    agency: Agency
    label: str
    state: HandoverOutState
    possible: list[HandoverOutState]  # what it may become
    offered_at: datetime
    offered_by: str
    accept_by: datetime
    accepted_at: datetime | None
    dispatched_at: datetime | None
    arrived_at: datetime | None
    rejected_at: datetime | None
    closed_at: datetime | None
    confirmed_by: str
    reference: str
    reason: str
    outcome: str
    note: str
    call_id: uuid.UUID | None
    leg_id: uuid.UUID | None
    opened_at: datetime | None
    read_at: datetime | None
    city: CityState
    packet_version: int
    packet_at: datetime
    links: list[LinkView]  # newest first


class CityReport(BaseModel):
    """What a city tells of a hand-over (docs/handover-api.md). Fields that we don't know are let pass."""

    state: Literal["accepted", "rejected", "dispatched", "arrived", "closed"]
    at: datetime | None = None
    reason: Words = ""
    who: Short = ""
    reference: Short = ""
    outcome: Words = ""


class Taken(BaseModel):
    event_id: str
    state: HandoverOutState  # before this report; the worker makes of it what it means
    already: bool = Field(description="this event was taken before")


class Told(BaseModel):
    """Who told what of a hand-over, in the domain."""

    state: HandoverOutState
    source: Source
    at: datetime
    reason: str = ""
    who: str = ""
    reference: str = ""
    outcome: str = ""
