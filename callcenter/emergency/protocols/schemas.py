"""A run as the emergency screen shows it, and what is sent when a step is done. Whole: for whoever sees all of the case."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from callcenter.emergency.outside.states import Agency
from callcenter.emergency.protocols.rules import Standing
from callcenter.emergency.protocols.schema import Act, How, StepKind, Who
from callcenter.emergency.protocols.states import RunEnd, StepState
from callcenter.emergency.states import EmergencyKind


class Words(BaseModel):
    zh: str
    en: str


class AnswerView(BaseModel):
    code: str
    words: Words
    to: str
    no_outside: Words | None


class RungView(BaseModel):
    who: Who
    how: How
    ring: int  # seconds
    wait: int  # seconds, then the next rung
    agency: Agency | None


class StepDefinition(BaseModel):
    """A step as its file says it."""

    code: str
    sort: StepKind
    words: Words | None  # the question, or what is told; None: an act says itself what it is
    aloud: bool  # read out; else for the agent to judge or to know
    say: Words | None  # what the elder is told while it is done
    note: Words | None  # for the agent's eyes
    act: Act | None
    agency: Agency | None
    item: str | None
    kind: EmergencyKind | None
    outcome: str | None
    within: int
    once: bool
    answers: list[AnswerView]
    if_skipped: str | None
    to: str | None
    no_outside: Words | None


class StepView(StepDefinition):
    """And how it stands in this run."""

    standing: Standing
    position: int | None  # of its turn; sent with what is done about it
    times: int  # that it was done or skipped
    answer: str
    reason: str
    carried: bool
    at: datetime | None
    by_name: str
    due_at: datetime | None
    done_before: datetime | None  # done earlier in this emergency, though not on this way: 120 was called all the same


class Turn(BaseModel):
    """One line of the history: everything that was ever clicked, in its order."""

    run: int
    protocol: str
    position: int
    step: str
    words: Words | None
    act: Act | None
    state: StepState
    answer: str
    answer_words: Words | None
    reason: str
    carried: bool
    began_at: datetime
    due_at: datetime | None
    at: datetime | None
    by_name: str
    undone_at: datetime | None


class ProtocolView(BaseModel):
    case_id: uuid.UUID
    emergency_version: int
    run: int
    code: str
    version: int
    kind: EmergencyKind
    title: Words
    agencies: list[Agency]  # offered in this order
    ladder: list[RungView]
    started_at: datetime
    ended: RunEnd
    current: str | None  # whose turn it is; None: it has come to its end
    steps: list[StepView]  # in the order of the file
    history: list[Turn]  # of all runs of this emergency


class ActOnStep(BaseModel):
    """One of answer, skip, take_back. `run` and `position` as they were seen: of two who click at once the second is told what the first did."""

    model_config = ConfigDict(extra="forbid")

    run: Annotated[int, Field(ge=1, le=10_000)]
    position: Annotated[int, Field(ge=1, le=1_000_000)]
    answer: Annotated[str, StringConstraints(max_length=40)] | None = None  # "done" for a step that has nothing to choose from
    skip: bool = False
    reason: Annotated[str, StringConstraints(max_length=500)] = ""  # of skipping
    take_back: bool = False

    @model_validator(mode="after")
    def one_thing(self) -> ActOnStep:
        if (self.answer is not None) + self.skip + self.take_back != 1:
            raise ValueError("one of answer, skip, take_back")
        return self


class ChangeProtocol(BaseModel):
    """By kind, or by the code of one. `run`: the one that was seen; 0 when there was none."""

    model_config = ConfigDict(extra="forbid")

    run: Annotated[int, Field(ge=0, le=10_000)]
    kind: EmergencyKind | None = None
    code: Annotated[str, StringConstraints(max_length=40)] | None = None

    @model_validator(mode="after")
    def one_thing(self) -> ChangeProtocol:
        if (self.kind is None) == (self.code is None):
            raise ValueError("one of kind, code")
        return self


class ProtocolSummary(BaseModel):
    """Of an elder's own nothing shows whose it is."""

    code: str
    version: int
    kind: EmergencyKind
    title: Words
    whom: Literal["default", "group", "elder"]
    steps: int
    sha256: str
    own: bool  # out of the centre's folder
    used: int  # in how many runs, any version
    silently_changed: bool  # this version was used before with other words: its number was not raised


class ProtocolFault(BaseModel):
    """A file of the centre's folder that is left out."""

    file: str
    line: int
    message: str


class ProtocolShelf(BaseModel):
    protocols: list[ProtocolSummary]
    faults: list[ProtocolFault]


class ProtocolDetail(BaseModel):
    code: str
    version: int
    kind: EmergencyKind
    title: Words
    whom: Literal["default", "group", "elder"]
    sha256: str
    agencies: list[Agency]
    ladder: list[RungView]
    steps: list[StepDefinition]
