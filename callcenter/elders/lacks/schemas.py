from __future__ import annotations

import uuid
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from callcenter.elders.lacks.kinds import Grade, Lack
from callcenter.elders.schemas import ElderSummary


class LackFilter(BaseModel):
    model_config = ConfigDict(extra="forbid")

    region_id: uuid.UUID | None = None  # a community or grid, or a street or district above it
    lack: Lack | None = None
    grade: Grade | None = None
    risk: Annotated[int, Field(ge=0, le=3)] | None = None


class GradeCount(BaseModel):
    total: int = 0
    ready: int = 0
    gaps: int = 0
    not_findable: int = 0
    urgent: int = 0  # at high risk or alone, and not to be found


class PlaceCount(GradeCount):
    community_id: uuid.UUID
    place: str  # 中原·施营


class LackCount(BaseModel):
    lack: Lack
    weight: int
    count: int


class LacksOverview(BaseModel):
    """Of everybody who lives there."""

    all: GradeCount
    places: list[PlaceCount]  # the worst first
    lacks: list[LackCount]  # in the order of `Lack`, none left out
    waiting: int  # not judged yet: a file has just come in


class LackingElder(ElderSummary):
    """Masked unless the reader may see her whole."""

    grade: Grade
    weight: int
    lacks: list[Lack]


class LackingElders(BaseModel):
    items: list[LackingElder]
    total: int
    offset: int
