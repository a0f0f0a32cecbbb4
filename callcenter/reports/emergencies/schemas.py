"""The report of an emergency as it goes over the wire: whole, for whoever sees all of its case; the list is masked."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel

from callcenter.calls.recordings.states import RecordingState
from callcenter.calls.states import CallKind, PartyRole
from callcenter.cases.states import CaseState
from callcenter.elders.models import Sex
from callcenter.emergency.ladder.states import AttemptState, DutyCallState, Who
from callcenter.emergency.outside.states import Agency, HandoverOutState
from callcenter.emergency.protocols.states import StepState
from callcenter.emergency.states import DeadlineState, EmergencyKind, EmergencyState
from callcenter.reports.emergencies.rules import Span
from callcenter.reports.schemas import WordsView


class SpanView(BaseModel):
    span: Span
    seconds: float | None  # from the press; None: it did not happen
    target: float | None
    met: bool | None


class ReportLine(BaseModel):
    """One line of the timeline."""

    at: datetime
    seconds: float  # since the press; below 0: before it
    kind: str  # as in the case
    who: str  # "" = the system, or she herself
    text: str
    data: dict[str, Any]


class ReportLeg(BaseModel):
    """Who was rung, when, and what came of it."""

    role: PartyRole
    code: str  # of an outside party
    name: str  # an agent's; a contact's or a worker's with what she is to the elder
    number: str  # as people write it
    asked_by: str  # whose click; "" = the queue, or a program
    started_at: datetime
    ringing_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    cause: str


class ReportCall(BaseModel):
    id: uuid.UUID
    kind: CallKind
    number: str
    received_at: datetime
    seconds: float
    answered_at: datetime | None
    ended_at: datetime | None
    end_reason: str
    agent_name: str
    legs: list[ReportLeg]


class ReportStep(BaseModel):
    protocol: str
    words: WordsView | None
    act: str
    answer: WordsView | None
    state: StepState
    reason: str  # why it was skipped
    began_at: datetime
    due_at: datetime | None
    at: datetime | None
    late: bool
    by_name: str


class ReportDeadline(BaseModel):
    code: str
    state: DeadlineState
    started_at: datetime
    due_at: datetime
    ended_at: datetime | None
    level: int  # up to whom it went: 0 nobody, 1 agents, 2 supervisors, 3 the duty telephone
    late: bool
    by_name: str


class ReportHandover(BaseModel):
    agency: Agency
    label: str
    state: HandoverOutState
    offered_at: datetime
    offered_by: str
    accepted_at: datetime | None
    dispatched_at: datetime | None
    arrived_at: datetime | None
    rejected_at: datetime | None
    closed_at: datetime | None
    read_at: datetime | None  # the crew has read the packet
    confirmed_by: str
    reference: str
    reason: str
    outcome: str


class ReportAttempt(BaseModel):
    """One call to one number: each is made once for a step."""

    round: int
    rung: int  # from 1; 0: by a click; below: she herself was called back
    who: Who
    name: str  # with what she is to the elder
    number: str
    state: AttemptState
    asked_by: str  # "" = the ladder
    asked_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    arrived_at: datetime | None


class ReportDutyCall(BaseModel):
    """A duty telephone that was rung because nobody had seen to an alarm."""

    alarm: str  # its code: what had not been done
    number: str
    state: DutyCallState
    asked_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None


class ReportRecording(BaseModel):
    id: uuid.UUID
    part: int
    state: RecordingState
    started_at: datetime
    seconds: float | None


class EmergencyReport(BaseModel):
    case_id: uuid.UUID
    case_number: str
    case_state: CaseState
    centre_name: str
    timezone: str
    made_at: datetime
    made_by: str
    kind: EmergencyKind
    state: EmergencyState
    elder_name: str  # "" = nobody knows whose press it was
    elder_sex: Sex | None
    elder_age: int | None
    place: str
    address: str
    presses: int
    pressed_at: datetime
    closed_at: datetime | None
    outcome: str
    owner_name: str
    watcher_name: str
    spans: list[SpanView]
    lines: list[ReportLine]  # the oldest first
    calls: list[ReportCall]
    steps: list[ReportStep]
    deadlines: list[ReportDeadline]
    attempts: list[ReportAttempt]
    duty: list[ReportDutyCall]
    handovers: list[ReportHandover]
    recordings: list[ReportRecording]


class EmergencyLine(BaseModel):
    """In the list of emergencies: masked unless the reader may see her whole."""

    case_id: uuid.UUID
    case_number: str
    kind: EmergencyKind
    state: EmergencyState
    elder_name: str
    place: str
    presses: int
    pressed_at: datetime
    closed_at: datetime | None
    outcome: str
    owner_name: str
    spans: list[SpanView]
    late_deadlines: int
    whole: bool  # the report may be opened


class EmergencyList(BaseModel):
    first: date
    last: date
    items: list[EmergencyLine]  # the newest first
    total: int
    spans: list[SpanView]  # the medians of the period; met: the median is within the target
    measured: dict[Span, int]  # of how many
    within: dict[Span, int]  # of these, how many within the target
