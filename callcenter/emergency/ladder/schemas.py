"""A ladder as protocols write it and as it goes over the wire."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from callcenter.emergency.ladder.states import AttemptState, LadderState, Order, Rungs, Who

MOST_RUNGS, MOST_ROUNDS = 8, 5


class Rung(BaseModel):
    """One step: who is called, all at once or in turn, how long each rings, and when the next rung begins although somebody may still be reached."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    who: Rungs
    how: Order = Order.PARALLEL
    ring_s: int = Field(default=25, ge=5, le=90)
    wait_s: int = Field(default=30, ge=5, le=1800)  # in order: for each of them; outside: the countdown in which a person clicks
    agency: Annotated[str, StringConstraints(max_length=16)] = ""  # outside: whom she is asked to call


class StartLadder(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rungs: Annotated[list[Rung], Field(min_length=1, max_length=MOST_RUNGS)] | None = None  # None: the usual ones
    rounds: int = Field(default=1, ge=1, le=MOST_ROUNDS)  # contacts are called so often in all, until one is going
    again_s: int = Field(default=120, ge=30, le=1800)  # between two rounds


class StopLadder(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class AttemptView(BaseModel):
    """One call, as everybody may see it."""

    id: uuid.UUID
    round: int
    rung: int  # from 1; 0: by an agent's click; -1: she herself was called back by the system
    who: Who
    state: AttemptState
    asked_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    arrived_at: datetime | None  # of who is going


class LadderView(BaseModel):
    round: int
    rungs: list[Rung]
    rung: int  # the one that is on; 0: the round has not begun yet
    state: LadderState
    due_at: datetime | None  # when the next step comes by itself


class NamedAttempt(AttemptView):
    """With whom: whole for whoever may see all of the elder, else masked."""

    name: str
    relation: str
    number: str
    contact_id: uuid.UUID | None
    worker_id: uuid.UUID | None
    answer: str  # the key that was pressed, or: silent, hung_up, not_dialable


class Attempts(BaseModel):
    ladder: LadderView | None  # the last one
    attempts: list[NamedAttempt]  # the newest first
