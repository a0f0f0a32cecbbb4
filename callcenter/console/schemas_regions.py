"""What the map shows: regions together with who lives there, what is open there, and who is on duty."""

from __future__ import annotations

import uuid
from datetime import datetime

from pydantic import BaseModel

from callcenter.calls.duty.schemas import TurnView
from callcenter.cases.states import Severity
from callcenter.regions.schemas import WorkerView


class Made(BaseModel):
    """What an Idempotency-Key keeps of something private: where it is."""

    id: uuid.UUID


class RegionCounts(BaseModel):
    """Of a community, with its grids."""

    region_id: uuid.UUID
    elders: int  # without those who died
    alone: int
    workers: int  # who work there today


class MapCase(BaseModel):
    """An open case on the map. The exact place only for who sees all of the case; for everybody else it lies somewhere in its community."""

    id: uuid.UUID
    number: str
    severity: Severity
    is_sos: bool
    state: str
    community_id: uuid.UUID
    elder_name: str  # masked for those who have no business with it
    opened_at: datetime
    latitude: float | None
    longitude: float | None


class MapCounts(BaseModel):
    communities: list[RegionCounts]
    cases: list[MapCase]


class RegionPanel(BaseModel):
    region_id: uuid.UUID
    place: str  # 樊城·中原·施营
    elders: int
    alone: int
    cases: list[MapCase]
    workers: list[WorkerView]
    on_duty: list[TurnView]
    timezone: str
