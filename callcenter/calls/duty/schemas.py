"""What of the rota goes over the wire. Times of the day are "HH:MM" by the centre's clock; instants are UTC."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from callcenter.calls.duty.rules import Level, ProblemKind

DayTime = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
PersonName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
Number = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Day = Annotated[int, Field(ge=0, le=6)]


class DutyPersonForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: PersonName
    number: Number  # any form
    active: bool = True


class ChangedDutyPerson(DutyPersonForm):
    version: int


class DutyPersonView(BaseModel):
    id: uuid.UUID
    version: int
    name: str
    number: str  # as people write it
    active: bool


class ShiftForm(BaseModel):
    """`ends` not after `starts`: it ends on the next day. The id is the writer's, so that exceptions of the same request can name it."""

    model_config = ConfigDict(extra="forbid")

    id: uuid.UUID
    person_id: uuid.UUID
    level: Level
    region_id: uuid.UUID | None = None
    weekdays: Annotated[list[Day], Field(min_length=1, max_length=7)]  # 0 = Monday
    starts: DayTime
    ends: DayTime
    valid_from: date | None = None
    valid_to: date | None = None


class ExceptionForm(BaseModel):
    """With `shift_id`: who does that shift on that day, nobody when `person_id` is null; the rest is the shift's. Without: one more shift."""

    model_config = ConfigDict(extra="forbid")

    id: uuid.UUID
    on_date: date
    shift_id: uuid.UUID | None = None
    person_id: uuid.UUID | None = None
    level: Level
    region_id: uuid.UUID | None = None
    starts: DayTime
    ends: DayTime
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""


class RotaForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: int
    shifts: Annotated[list[ShiftForm], Field(max_length=300)]
    exceptions: Annotated[list[ExceptionForm], Field(max_length=600)]


class TurnView(BaseModel):
    person_id: uuid.UUID
    name: str
    number: str  # as people write it
    level: Level
    region_id: uuid.UUID | None
    region: str  # short name, "" for the whole centre
    starts_at: datetime
    ends_at: datetime
    shift_id: uuid.UUID | None
    instead: bool


class ProblemView(BaseModel):
    kind: ProblemKind
    level: Level
    region_id: uuid.UUID | None
    region: str
    starts_at: datetime
    ends_at: datetime
    names: list[str]
    serious: bool


class RotaView(BaseModel):
    version: int
    timezone: str
    changed_at: datetime | None
    changed_by: str
    shifts: list[ShiftForm]
    exceptions: list[ExceptionForm]


class RotaPreview(BaseModel):
    """The fourteen days from today, as this rota would have them."""

    first: date
    last: date
    turns: list[TurnView]
    problems: list[ProblemView]
    more_problems: int  # that are not listed


class OnDutyNow(BaseModel):
    at: datetime
    timezone: str  # of the centre: by its clock shifts begin
    now: list[TurnView]
    next: list[TurnView]
    telephones: int  # of the plain list that rings after them


class DutyTelephoneView(BaseModel):
    id: uuid.UUID
    number: str
    label: str
    position: int


class NewDutyTelephone(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: Number
    label: PersonName
