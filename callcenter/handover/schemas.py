from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from callcenter.cases.states import CaseState, Severity
from callcenter.elders.models import Presence
from callcenter.handover.states import HandoverState

Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)]
Remarks = Annotated[str, StringConstraints(max_length=4000)]


class Decision(StrEnum):
    STAY = "stay"  # with whom it is
    QUEUE = "queue"
    GIVE = "give"


class DraftCase(BaseModel):
    case_id: uuid.UUID
    decision: Decision
    to: uuid.UUID | None = None  # for GIVE
    seen_owner_id: uuid.UUID | None = None  # whom the page showed
    note: Note = ""


class DraftElder(BaseModel):
    elder_id: uuid.UUID
    note: Note = ""


class Draft(BaseModel):
    cases: Annotated[list[DraftCase], Field(max_length=500)] = []
    elders: Annotated[list[DraftElder], Field(max_length=50)] = []
    remarks: Remarks = ""


class SaveDraft(Draft):
    version: int  # as it was read: another tab of hers may have written since


class SignHandover(BaseModel):
    version: int


class AcceptHandover(BaseModel):
    remark: Note = ""


class HandoverCase(BaseModel):
    case_id: uuid.UUID
    number: str
    severity: Severity
    state: CaseState
    opened_at: datetime
    due_at: datetime | None  # of its call-back, else of the queue while nobody owns it
    owner_id: uuid.UUID | None
    owner_name: str
    elder_name: str  # masked
    place: str
    movable: bool  # by whoever hands over
    decision: Decision | None
    to: uuid.UUID | None
    to_name: str
    note: str


class HandoverTask(BaseModel):
    task_id: uuid.UUID
    case_number: str
    elder_name: str
    caller_number: str
    due_at: datetime
    attempts: int


class HandoverElder(BaseModel):
    elder_id: uuid.UUID
    name: str
    place: str
    presence: Presence
    chosen: bool
    note: str


class Content(BaseModel):
    """What is handed over: put together while it is a draft, as it was signed afterwards."""

    cases: list[HandoverCase]
    tasks: list[HandoverTask]
    elders: list[HandoverElder]
    remarks: str


class HandoverHead(BaseModel):
    id: uuid.UUID
    version: int
    state: HandoverState
    leaving_id: uuid.UUID
    leaving_name: str
    arriving_id: uuid.UUID | None
    arriving_name: str
    opened_at: datetime
    signed_at: datetime | None
    accepted_at: datetime | None
    late: bool  # half an hour without the next signature


class HandoverView(HandoverHead):
    content: Content | None  # of a draft: for its writer only
    arriving_remark: str
    digest: str
