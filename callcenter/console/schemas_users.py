"""People and teams over the wire."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from callcenter.accounts.roles import Role
from callcenter.calls.states import AgentState

Code = Annotated[str, StringConstraints(max_length=64)]
PersonName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
TeamName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]


class PersonView(BaseModel):
    id: uuid.UUID
    username: str
    name: str
    role: Role
    active: bool
    leaves_after_call: bool  # is disabled as soon as she is free
    must_change_password: bool  # somebody else knows it
    has_second_factor: bool
    dialects: list[str]
    skills: list[str]
    team_id: uuid.UUID | None
    region_ids: list[uuid.UUID]
    state: AgentState
    in_call: bool
    seen_at: datetime | None  # her last sign of life in a session
    created_at: datetime


class People(BaseModel):
    people: list[PersonView]


class ChangePerson(BaseModel):
    name: PersonName
    role: Role
    dialects: Annotated[list[Code], Field(max_length=20)] = []
    skills: Annotated[list[Code], Field(max_length=20)] = []
    team_id: uuid.UUID | None = None
    region_ids: Annotated[list[uuid.UUID], Field(max_length=200)] = []


class AddPerson(ChangePerson):
    username: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]


class PersonWithPassword(BaseModel):
    """The password is in the first answer only: it is kept nowhere."""

    person: PersonView
    password: str | None


class DisablePerson(BaseModel):
    """`if_free`: refused while she is in a call. `after_call`: as soon as she is free. `now`: at once, the caller goes to the next agent."""

    when: Literal["if_free", "after_call", "now"] = "if_free"


class TeamView(BaseModel):
    id: uuid.UUID
    name: str
    lead_id: uuid.UUID | None
    region_id: uuid.UUID | None
    retired_at: datetime | None


class Teams(BaseModel):
    teams: list[TeamView]


class TeamWords(BaseModel):
    name: TeamName
    lead_id: uuid.UUID | None = None
    region_id: uuid.UUID | None = None


class RetireTeam(BaseModel):
    retired: bool
