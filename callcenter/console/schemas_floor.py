"""The floor: what a supervisor sees of all open cases, and how cases change hands."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from callcenter.cases.ownership import LONGEST
from callcenter.console.schemas import CaseHolder, CaseSummary

Word = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)]


class Listen(BaseModel):
    mode: Literal["listen", "whisper", "barge"]  # whisper: the agent hears her, the elder does not


class TakeOver(BaseModel):
    seen_owner_id: uuid.UUID | None  # whom the console showed as the owner; somebody else by now: 409 with who


class GiveCase(TakeOver):
    to: uuid.UUID
    word: Word = ""


class FreeCase(TakeOver):
    minutes: Annotated[int, Field(ge=1, le=int(LONGEST.total_seconds() // 60))] | None = None  # None: by its severity
    word: Word = ""


class AssignTask(TakeOver):
    to: uuid.UUID


class CaseLock(BaseModel):
    holder: CaseHolder | None


class FloorCase(CaseSummary):
    place: str  # community; "" unknown
    whole: bool  # names and numbers are not masked: her regions, her case
    holder: CaseHolder | None  # who works on it right now
    call_back_due_at: datetime | None
    live_call: bool
