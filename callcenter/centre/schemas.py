"""A centre's own values over the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from callcenter.centre.models import OptionKind
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


# --- words to choose from ----------------------------------------------------------------------------------------------------------


class Option(BaseModel):
    code: str
    label_zh: str
    label_en: str
    closes_case: bool  # an outcome after which nothing is left to be done
    for_sos: bool  # an outcome that an SOS may have
    retired_at: datetime | None


class OptionList(BaseModel):
    kind: OptionKind
    options: list[Option]  # retired ones too, in their order


class OptionLists(BaseModel):
    lists: list[OptionList]


class OptionWords(BaseModel):
    label_zh: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20)]
    label_en: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
    closes_case: bool = False
    for_sos: bool = True


class RetireOption(BaseModel):
    retired: bool


class OrderOptions(BaseModel):
    codes: Annotated[list[Annotated[str, StringConstraints(max_length=64)]], Field(max_length=200)]


# --- what is said first ------------------------------------------------------------------------------------------------------------


class OpeningWords(BaseModel):
    line: str  # a called number; "": any
    dialect: str  # an option's code; "": any
    text: str  # to an elder who is known: {name}, {centre}
    text_unknown: str  # to a caller who is not: {centre}


class OpeningChange(OpeningWords):
    at: datetime
    by_name: str
    reason: str


class Openings(BaseModel):
    openings: list[OpeningChange]


class SetOpening(BaseModel):
    line: Annotated[str, StringConstraints(max_length=20)] = ""
    dialect: Annotated[str, StringConstraints(max_length=64)] = ""
    text: Annotated[str, StringConstraints(max_length=500)] = ""
    text_unknown: Annotated[str, StringConstraints(max_length=500)] = ""
    reason: Reason


class LineWord(BaseModel):
    number: str
    kind: str
    label: str
