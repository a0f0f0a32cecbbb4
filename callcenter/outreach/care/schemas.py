"""What is asked for and shown of care plans and their calls."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from callcenter.elders.models import Living
from callcenter.kit.fields import Clock, Day
from callcenter.outreach.care.states import CampaignState, CareKind, Rhythm
from callcenter.outreach.states import Drop, PlanState, Purpose, Result, Way, Why

Reason = Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True)]


class SetCarePlan(BaseModel):
    """`seen_id`: the plan that was in force when this was filled in; None: there was none."""

    seen_id: uuid.UUID | None = None
    rhythm: Rhythm | None = None  # care; None: as her risk says
    at: Clock | None = None  # care: the hour of the call, None: spread over the day; daily: by when her sign is to come
    times: Annotated[list[Clock], Field(max_length=6)] = []  # medicine
    alarm: bool = False  # medicine: not reached twice, so she is looked for
    first: Day | None = None


class EndCarePlan(BaseModel):
    reason: Reason


class CarePlanView(BaseModel):
    id: uuid.UUID
    version: int
    kind: CareKind
    rhythm: Rhythm | None
    rhythm_now: Rhythm | None  # care: what that comes to today
    at: str | None  # "09:30"
    times: list[str]
    alarm: bool
    weekly_until: date | None
    next_on: date
    made_at: datetime
    made_by: str | None  # None: made by her risk
    ended_at: datetime | None
    end_reason: str


class CareCallView(BaseModel):
    """A planned call of care as it stands. `name` is masked for who may not see her whole."""

    id: uuid.UUID
    version: int
    purpose: Purpose
    way: Way
    why: Why
    state: PlanState
    elder_id: uuid.UUID
    name: str
    community: str
    due_at: datetime
    attempts: int
    asks_contact: bool  # she did not answer: her contacts are rung, or were
    result: Result | None
    keyed: str
    drop_reason: Drop | None
    case_id: uuid.UUID | None
    done_at: datetime | None


class CareOfElder(BaseModel):
    elder_id: uuid.UUID
    usual_rhythm: Rhythm  # by her risk and how she lives
    plans: list[CarePlanView]  # in force
    ended: list[CarePlanView]  # the last few
    signs: list[date]  # days on which she has told that she is fine, newest first
    calls: list[CareCallView]  # the last ones, newest first


class CareToday(BaseModel):
    """Of the day in the centre's zone: what is open now, and what came of the rest."""

    day: date
    due: list[CareCallView]  # to be rung, or put off
    calling: list[CareCallView]
    missed: list[CareCallView]  # her daily sign did not come: open ones
    by_person: list[CareCallView]
    not_reached: list[CareCallView]  # ended today without a word of hers: somebody was sent, or it was a campaign's
    help: list[CareCallView]  # she asked for a person
    fine: int
    more: int  # left off the lists


class Chosen(BaseModel):
    """Whom a campaign is for: by place and what is known of them, or by name. All that is given must hold."""

    elder_ids: Annotated[list[uuid.UUID], Field(max_length=5_000)] = []
    region_id: uuid.UUID | None = None  # None: all regions of the asker's
    risk_from: Annotated[int, Field(ge=0, le=3)] = 0
    living: Living | None = None
    category: Annotated[str, StringConstraints(max_length=100, strip_whitespace=True)] = ""
    health_words: Annotated[
        list[Annotated[str, StringConstraints(min_length=2, max_length=20, strip_whitespace=True)]], Field(max_length=5)
    ] = []
    # ^ one of them stands in her record: 氧气, 呼吸机


class NewCampaignForm(BaseModel):
    name: Annotated[str, StringConstraints(min_length=1, max_length=60, strip_whitespace=True)]
    prompt: Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[a-z][a-z0-9_]*$")]
    chosen: Chosen
    starts_at: AwareDatetime | None = None  # None: at once
    hour_from: Annotated[int, Field(ge=0, le=23)] = 8
    hour_until: Annotated[int, Field(ge=1, le=24)] = 20


class CampaignProgress(BaseModel):
    """Each on the list is counted once. `all` = refused + waiting + calling + again + heard + help + not_reached + dropped."""

    all: int
    refused: int  # never called
    refused_why: dict[Drop, int]
    waiting: int  # not called yet
    calling: int
    again: int  # not reached once, tried again
    heard: int
    help: int  # asked for a person
    not_reached: int
    dropped: int  # taken off after they were planned: the campaign was stopped, or they have left
    dropped_why: dict[Drop, int]


class CampaignView(BaseModel):
    id: uuid.UUID
    version: int
    name: str
    prompt: str
    sentence: str  # what it says; "" for a recording of the centre's own without words
    state: CampaignState
    starts_at: datetime
    hour_from: int
    hour_until: int
    made_at: datetime
    made_by: str | None
    started_at: datetime | None
    ended_at: datetime | None
    progress: CampaignProgress


class CampaignCalls(BaseModel):
    """Those who asked for a person, were not reached or are called just now; the rest is figures."""

    calls: list[CareCallView]
    more: int


class CampaignPrompt(BaseModel):
    name: str
    text: str
