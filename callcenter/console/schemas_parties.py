"""Who is on a call besides the caller, and what a console asks about them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

from callcenter.calls.states import PartyRole, Place
from callcenter.emergency.outside.states import Agency

PartyState = Literal["ringing", "early", "talking", "held", "consult", "ended"]


class PartyView(BaseModel):
    """One leg: who talks, who is being called, and who was called and did not come. The caller's own line is the call itself."""

    leg_id: uuid.UUID
    role: PartyRole
    code: str  # of an outside party: "120", "gas" …
    ref_id: uuid.UUID | None  # the contact or worker whose number it is
    agent_id: uuid.UUID | None
    agent_name: str
    number: str  # masked unless the call is seen in full; "" for an agent
    state: PartyState  # early: its exchange is heard before it answers
    cause: str  # why it ended: busy, no_answer, rejected, unreachable, failed, dropped …
    place: Place
    muted: bool
    mode: str  # of a supervisor: listen | whisper | barge
    since: datetime  # of this state
    asked_by: uuid.UUID | None  # whose click called it in


class Called(BaseModel):
    """Whom an agent means: one of these."""

    model_config = ConfigDict(extra="forbid")

    agency: Agency | None = None  # its number is the region's
    contact_id: uuid.UUID | None = None  # of the call's elder
    worker_id: uuid.UUID | None = None  # a grid worker
    number: Annotated[str, StringConstraints(pattern=r"^[+0-9 ()-]{2,32}$")] | None = None
    elder: bool = False  # her own number

    def _given(self) -> int:
        return sum(value is not None for value in (self.agency, self.contact_id, self.worker_id, self.number)) + self.elder

    @model_validator(mode="after")
    def one(self) -> Self:
        if self._given() != 1:
            raise ValueError("say one: agency, contact_id, worker_id, number, elder, and of a live call also agent_id")
        return self


class CalledIn(Called):
    """Into a call: also a colleague."""

    agent_id: uuid.UUID | None = None

    def _given(self) -> int:
        return super()._given() + (self.agent_id is not None)


class AddParty(CalledIn):
    private: bool = False  # spoken with alone first; the caller hears music, unless she has somebody else to talk with


class Leave(BaseModel):
    model_config = ConfigDict(extra="forbid")

    listen: bool = False  # she stays and is not heard


class HangUp(BaseModel):
    model_config = ConfigDict(extra="forbid")

    all: bool = False  # also when others talk on this call


class PartyOutcome(BaseModel):
    outcome: Literal["done", "not_done"]
    reason: str = ""
    leg_id: uuid.UUID | None = None  # of the party that is being called
