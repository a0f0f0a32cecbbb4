"""Figures as they go over the wire. Names and numbers are masked: a report is read by more people than a case."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from pydantic import BaseModel

from callcenter.calls.self_tests.models import Outcome
from callcenter.calls.states import CallKind
from callcenter.cases.states import Severity
from callcenter.reports.rules import Became, Fate


class WordsView(BaseModel):
    zh: str
    en: str


class ShareView(BaseModel):
    n: int
    of: int


class ExcludedView(BaseModel):
    why: Fate
    n: int
    words: WordsView


class FigureView(BaseModel):
    key: str
    kind: CallKind
    seconds: int | None
    title: WordsView
    formula: WordsView
    source: WordsView | None  # of the target
    target: float | None  # share, 0..1
    value: float | None  # share, 0..1; None: nothing to measure
    n: int
    of: int
    met: bool | None
    excluded: list[ExcludedView]
    hours: list[ShareView]  # by the hour of the centre's day, 24


class TallyView(BaseModel):
    received: int
    sos: int
    answered: int
    within_10: int
    within_15: int
    missed: int
    short: int


class HourTally(TallyView):
    hour: int


class DayTally(TallyView):
    day: date


class PlaceTally(TallyView):
    community_id: uuid.UUID | None
    place: str  # "" unknown


class WaitsView(BaseModel):
    n: int
    median: float | None
    p90: float | None
    longest: float | None


class AgentFigures(BaseModel):
    agent_id: uuid.UUID
    name: str
    answered: int
    within_10: int
    called_back: int
    talk_n: int
    talk_average: float | None
    wrap_up_n: int
    wrap_up_average: float | None


class MissedCall(BaseModel):
    call_id: uuid.UUID
    case_id: uuid.UUID | None
    case_number: str
    kind: CallKind
    received_at: datetime
    waited: float
    short: bool
    elder_name: str
    caller_number: str
    place: str
    became: Became
    after: float | None  # seconds from its end until somebody turned to her again


class Report(BaseModel):
    first: date
    last: date
    timezone: str
    centre_name: str
    made_at: datetime
    complete: bool  # the period is over, and no call of it goes on
    total: TallyView
    by_kind: dict[CallKind, TallyView]
    waits: dict[CallKind, WaitsView]
    answered_by_duty: int  # a person of no console: duty telephones
    in_fallback: int  # the PBX brought them on by itself
    disagreeing: int  # calls whose row and whose events do not tell the same; 0, or something is wrong
    figures: list[FigureView]
    hours: list[HourTally]
    days: list[DayTally]
    agents: list[AgentFigures]
    places: list[PlaceTally]
    missed: list[MissedCall]


class BehindCall(BaseModel):
    """A call behind a figure."""

    call_id: uuid.UUID
    case_id: uuid.UUID | None
    case_number: str
    kind: CallKind
    received_at: datetime
    waited: float | None
    fate: Fate
    agent_name: str
    elder_name: str
    caller_number: str
    place: str


class SelfTestView(BaseModel):
    """The last time that the system pressed the key itself."""

    at: datetime
    outcome: Outcome
    ring_ms: int | None


class Wallboard(BaseModel):
    day: date
    timezone: str
    made_at: datetime
    centre_name: str
    total: TallyView
    figures: list[FigureView]
    missed_hours: list[int]
    open_cases: dict[Severity, int]
    nobodys_cases: int
    overdue_cases: int
    places: list[PlaceTally]
    self_test: SelfTestView | None


class MyFigures(BaseModel):
    day: date
    mine: AgentFigures
