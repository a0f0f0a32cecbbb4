from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

from callcenter.outreach.complaints.states import ComplaintState, Deadline, Source

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class WriteComplaint(BaseModel):
    """What somebody told an agent. Without a case and an order it gets a case of its own."""

    model_config = ConfigDict(extra="forbid")

    source: Literal[Source.AGENT, Source.FAMILY, Source.STORE] = Source.AGENT
    words: Words
    case_id: uuid.UUID | None = None
    elder_id: uuid.UUID | None = None
    order_id: uuid.UUID | None = None
    store_id: uuid.UUID | None = None  # the order's, when none is named
    agent_id: uuid.UUID | None = None  # whose work it is about; who placed the order or has the case, when nobody is named

    @model_validator(mode="after")
    def refuse_nobody(self) -> Self:
        if self.case_id is None and self.elder_id is None:
            raise ValueError("say whose it is: case_id or elder_id")
        return self


class AssignComplaint(BaseModel):
    model_config = ConfigDict(extra="forbid")

    to: uuid.UUID


class ChangeConcerned(BaseModel):
    """Whose work it is about. Both as they are to be; None: nobody of that kind."""

    model_config = ConfigDict(extra="forbid")

    store_id: uuid.UUID | None
    agent_id: uuid.UUID | None


class SolveComplaint(BaseModel):
    model_config = ConfigDict(extra="forbid")

    solution: Words


class AnswerComplaint(BaseModel):
    """What she said when she was called about it."""

    model_config = ConfigDict(extra="forbid")

    mended: bool
    note: Words


class ComplaintNote(BaseModel):
    model_config = ConfigDict(extra="forbid")

    note: Words


class ComplaintView(BaseModel):
    """Names, words and what was done only for whoever may see the elder whole; else masked or empty."""

    id: uuid.UUID
    version: int
    number: str
    state: ComplaintState
    source: Source
    case_id: uuid.UUID
    case_number: str
    own_case: bool
    order_id: uuid.UUID | None
    order_number: str
    elder_id: uuid.UUID | None
    elder_name: str
    community_id: uuid.UUID | None
    place: str
    store_id: uuid.UUID | None
    store_name: str
    agent_id: uuid.UUID | None
    agent_name: str
    rating: int | None
    words: str
    opened_at: datetime
    opened_by_name: str  # empty: by a rating
    acknowledge_by: datetime
    solve_by: datetime
    waits_for: Deadline | None  # None: for her word, or for nothing any more
    due_at: datetime | None
    overdue: bool
    level: int  # who was told: 0 nobody, 1 the supervisors of the region, 2 the admin
    handler_id: uuid.UUID | None
    handler_name: str
    acknowledged_at: datetime | None
    solved_at: datetime | None
    solution: str
    ended_at: datetime | None
    ended_by_name: str
    rounds: int
    plan_id: uuid.UUID | None  # the open call by which she is asked whether it is mended
    whole: bool
    concerned: bool  # it is about the reader's own work: she may not see to it


class ComplaintCount(BaseModel):
    open: int
    overdue: int
    mine: int  # the reader sees to them


class ComplaintNotice(BaseModel):
    """A missed deadline that has come up to the reader. Nothing of the elder in it."""

    complaint_id: uuid.UUID
    number: str
    source: Source
    deadline: Deadline
    level: int
    due_at: datetime
    opened_at: datetime
    place: str
    handler_name: str
