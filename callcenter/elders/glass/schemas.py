from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from callcenter.accounts.roles import Role
from callcenter.elders.glass.models import ToldWhom, Verdict

Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]


class ReviewGlass(BaseModel):
    """A question needs its words; "fine" may have some."""

    model_config = ConfigDict(extra="forbid")

    verdict: Verdict
    note: Note = ""


class TellElder(BaseModel):
    model_config = ConfigDict(extra="forbid")

    whom: ToldWhom


class GlassItem(BaseModel):
    """One broken glass, for whoever answers for the elder's region."""

    id: uuid.UUID  # of the grant
    by_id: uuid.UUID
    by_name: str
    by_role: Role
    elder_id: uuid.UUID
    elder_name: str
    place: str
    reason: str
    at: datetime
    until: datetime | None
    case_id: uuid.UUID | None  # of the emergency for which it was broken
    due_at: datetime
    overdue: bool
    own: bool  # the reader's own: somebody else reviews it
    verdict: Verdict | None
    note: str
    reviewer_name: str
    reviewed_at: datetime | None
    told_whom: ToldWhom | None
    told_by_name: str
    told_at: datetime | None


class GlassCount(BaseModel):
    """Of the reader's regions."""

    open: int
    overdue: int
    untold: int
