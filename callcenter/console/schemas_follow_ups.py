"""Planned calls over the wire: as a list shows them, one with what was keyed, the draw drawn again."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from callcenter.kit.fields import Moment
from callcenter.messaging.states import MessageState
from callcenter.outreach.states import AttemptState, Drop, PlanState, Purpose, Result, Way, Why

Look = Literal["people", "mine", "today", "open", "done", "sample"]
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]


class TextReply(BaseModel):
    at: datetime
    read_as: str  # a word of the console: rated_1 … rated_5, person, words, urgent
    text: str  # "" for whoever may not see her, and when it is forgotten
    counted: bool  # it ended the waiting; what came later is only noted


class TextAsked(BaseModel):
    """The text message that asked her, when no call had reached her."""

    state: MessageState
    due_at: datetime  # sent by day only
    sent_at: datetime | None
    replies: list[TextReply]  # in the order they came


class FollowUpView(BaseModel):
    """The name whole only for who may see her (`whole`)."""

    id: uuid.UUID
    version: int
    purpose: Purpose
    way: Way
    why: Why
    state: PlanState
    elder_id: uuid.UUID
    elder_name: str
    elder_age: int | None
    place: str
    whole: bool
    item: str  # of the job, in the catalogue's words; "" without one
    case_id: uuid.UUID | None
    case_number: str
    order_id: uuid.UUID | None
    order_number: str
    store_name: str
    planned_at: datetime
    due_at: datetime
    attempts: int  # by a program
    owner_id: uuid.UUID | None  # who has taken it from the list
    owner_name: str
    result: Result | None
    rating: int | None
    keyed: str
    drop_reason: Drop | None
    done_at: datetime | None
    done_by: str  # "": a program
    sample_no: int | None
    texted: TextAsked | None  # None: she was not written to


class FollowUpCounts(BaseModel):
    """Of the reader's regions, whatever the filter."""

    people: int
    overdue: int
    mine: int


class FollowUpList(BaseModel):
    items: list[FollowUpView]
    total: int
    counts: FollowUpCounts


class Pressed(BaseModel):
    """What happened on a call that a program carried."""

    at: datetime
    kind: Literal["ringing", "answered", "keys", "silence", "joined", "cancelled", "ended"]
    key: str
    meaning: str  # a word of the console: rated, person …; "" when the key means nothing there


class HeardCall(BaseModel):
    """A recording that there is to hear; who may is asked again when it is played."""

    id: uuid.UUID
    seconds: float


class PlanAttempt(BaseModel):
    number: int
    state: AttemptState
    asked_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    pressed: list[Pressed]
    recordings: list[HeardCall]


class CalledByHand(BaseModel):
    """By whoever has taken it, with a click."""

    at: datetime
    by: str
    talked_s: float | None  # None: nobody answered
    recordings: list[HeardCall]


class FollowUpNumber(BaseModel):
    position: int
    text: str  # masked for whoever may not see her
    label: str


class FollowUpDetail(FollowUpView):
    note: str  # "" for whoever may not see her
    numbers: list[FollowUpNumber]
    tried: list[PlanAttempt]
    called: list[CalledByHand]
    complaint_number: str  # that came of it, or that it is about


class CallHer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    position: Annotated[int, Field(ge=1, le=3)] | None = None  # which of her numbers; None: the first


class FinishFollowUp(BaseModel):
    model_config = ConfigDict(extra="forbid")

    result: Literal["spoken", "not_reached"]
    rating: Annotated[int, Field(ge=1, le=5)] | None = None  # 5 very satisfied … 1 not at all
    note: Note = ""


class PutOff(BaseModel):
    model_config = ConfigDict(extra="forbid")

    due_at: Moment


class DropFollowUp(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Word


class DrawView(BaseModel):
    """`wrong` and `missing` are empty when all is as it should be."""

    seed: str
    percent: int  # that counts now
    since: datetime | None  # when it began to count; None: always
    numbers: int
    drawn: int
    wrong: list[int]
    missing: list[int]
