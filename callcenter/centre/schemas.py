"""A centre's own values over the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from callcenter.centre.registry import Group, Kind

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=300)]
SettingValue = bool | int | float | Annotated[str, StringConstraints(max_length=500)]


class SettingChangeView(BaseModel):
    id: int
    value: SettingValue | None  # None: the default again
    valid_from: datetime
    at: datetime
    by_name: str
    reason: str


class SettingView(BaseModel):
    key: str
    group: Group
    kind: Kind
    least: float  # of words: their length
    most: float
    label_zh: str
    label_en: str
    help_zh: str
    help_en: str
    default: SettingValue
    value: SettingValue
    counting: SettingChangeView | None  # the change by which it counts; None: never set
    planned: list[SettingChangeView]
    seen: int  # to be sent back with a change


class SettingsAnswer(BaseModel):
    on: date | None  # None: now
    settings: list[SettingView]


class SettingHistory(BaseModel):
    key: str
    changes: list[SettingChangeView]  # newest first


class ChangeSetting(BaseModel):
    value: SettingValue | None  # None: back to the default
    reason: Reason
    valid_from: AwareDatetime | None = None  # None: at once
    seen: Annotated[int, Field(ge=0)] | None = None
