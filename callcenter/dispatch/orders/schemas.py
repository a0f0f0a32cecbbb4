"""What is asked for, as it comes over the wire and is kept in plans."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints, model_validator

from callcenter.kit.fields import Clock, Day

ItemCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}[0-9]{2}$")]
Note = Annotated[str, StringConstraints(max_length=500, strip_whitespace=True)]


class AskedLine(BaseModel):
    item: ItemCode
    quantity: Annotated[int, Field(ge=1, le=999)] = 1
    low_risk: bool = False  # only the part that volunteers may do


class AskedPlace(BaseModel):
    """Somewhere else than at the elder's home."""

    community_id: uuid.UUID
    address: Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None


class AskedOrder(BaseModel):
    lines: Annotated[list[AskedLine], Field(min_length=1, max_length=10)]
    wanted_from: AwareDatetime | None = None  # None: as soon as can be
    wanted_to: AwareDatetime | None = None
    place: AskedPlace | None = None
    notes: Note = ""
    prefers_store_id: uuid.UUID | None = None
    payer: Annotated[str, StringConstraints(pattern=r"^(auto|self_pay)$")] = "auto"  # auto: whoever has to pay, in the order of the payers

    @model_validator(mode="after")
    def in_order(self) -> Self:
        if self.wanted_to is not None and (self.wanted_from is None or self.wanted_to < self.wanted_from):
            raise ValueError("wanted_to lies before wanted_from")
        if len({line.item for line in self.lines}) != len(self.lines):
            raise ValueError("an item stands twice; raise its quantity instead")
        return self


class AskedPlan(BaseModel):
    """Every so many weeks on these days, at this local time."""

    order: AskedOrder
    weekdays: Annotated[list[Annotated[int, Field(ge=0, le=6)]], Field(min_length=1, max_length=7)]
    at: Clock
    every_weeks: Annotated[int, Field(ge=1, le=12)] = 1
    first: Day
    last: Day | None = None

    @model_validator(mode="after")
    def in_order(self) -> Self:
        if self.last is not None and self.last < self.first:
            raise ValueError("the last day lies before the first")
        if len(set(self.weekdays)) != len(self.weekdays):
            raise ValueError("a weekday stands twice")
        return self


class ChangedOrder(BaseModel):
    """What is given is changed; `version` is the one that was seen."""

    version: int
    wanted_from: AwareDatetime | None = None
    wanted_to: AwareDatetime | None = None
    notes: Note | None = None
    lines: Annotated[list[AskedLine], Field(min_length=1, max_length=10)] | None = None


class Position(BaseModel):
    """Where the worker's telephone says it is: WGS-84 degrees, metres."""

    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    accuracy_m: Annotated[float, Field(ge=0, le=100_000)]
    at: datetime | None = None
