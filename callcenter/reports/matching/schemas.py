"""What the console is told of the nights' matches."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from pydantic import BaseModel

from callcenter.reports.matching.rules import Cause


class DifferenceView(BaseModel):
    cause: Cause
    at: datetime
    pbx: str
    channel_id: str
    call_ids: list[uuid.UUID]
    case_id: uuid.UUID | None
    case_number: str
    caller_number: str  # as the PBX had it; only of a press that no call of ours knows: somebody must call back
    count: int  # calls that it stands for


class PressMatchView(BaseModel):
    """`found` counts also what was too much to be kept in `differences`."""

    day: date
    made_at: datetime
    presses: int
    calls: int
    cases: int
    found: int
    differences: list[DifferenceView]
