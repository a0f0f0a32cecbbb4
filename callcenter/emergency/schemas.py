"""An emergency as it goes over the wire. What hangs on it (steps, attempts, hand-overs) has schemas of its own."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from callcenter.emergency.ladder.schemas import AttemptView, LadderView
from callcenter.emergency.states import EmergencyKind, EmergencyState


class DeadlineView(BaseModel):
    code: str  # owner, watch, step:…, handover:120, ladder:…
    started_at: datetime
    due_at: datetime
    level: int  # 0: nobody was called yet; 1 agents, 2 supervisors, 3 the duty telephone


class AlarmView(BaseModel):
    """Until somebody has seen it."""

    id: uuid.UUID
    code: str
    level: int
    at: datetime
    data: dict[str, Any]


class EmergencyView(BaseModel):
    """Masked, the same for everybody: the board of emergencies. Her own words stand in the case."""

    id: uuid.UUID
    version: int
    case_id: uuid.UUID
    case_number: str
    kind: EmergencyKind
    state: EmergencyState
    elder_name: str  # masked; "" = unknown
    place: str  # community
    presses: int
    pressed_at: datetime
    opened_at: datetime
    answered_at: datetime | None  # the first time a person spoke with her
    owner_id: uuid.UUID | None
    owner_name: str
    watcher_id: uuid.UUID | None  # the second person
    watcher_name: str
    watching_since: datetime | None  # she has said so
    deadlines: list[DeadlineView]  # the nearest first
    ladder: LadderView | None = None  # the last one
    attempts: list[AttemptView] = []  # calls to contacts, grid worker and herself, in the order in which they are made
    alarms: list[AlarmView]


class OpenEmergency(BaseModel):
    """F9: a case becomes an emergency."""

    model_config = ConfigDict(extra="forbid")

    kind: EmergencyKind = EmergencyKind.UNKNOWN
