"""Who did what, and who looked at one elder, as it goes over the wire."""

from __future__ import annotations

import uuid
from datetime import datetime

from pydantic import BaseModel

from callcenter.accounts.roles import Role
from callcenter.elders.glass.models import ToldWhom, Verdict
from callcenter.elders.glass.schemas import GlassItem


class AuditEntry(BaseModel):
    id: int
    at: datetime
    actor_kind: str  # user, system
    actor_name: str
    verb: str  # subject:verb
    object_id: str
    purpose: str  # card, glass, call:ID, case:ID …
    details: dict[str, object]  # never numbers, names, addresses or health data


class AuditPage(BaseModel):
    entries: list[AuditEntry]
    names: dict[str, str]  # for ids that stand in the entries: people's names, case numbers, regions; elders as the reader may see them
    next: int | None  # `before` of the next page; None: this was the last


class Trace(BaseModel):
    """The same done several times in one day by one person for one reason is one line."""

    first_at: datetime
    last_at: datetime
    times: int
    who: str
    role: Role | None  # None: a part of the system
    verb: str
    why: str  # live_call, owned_case, glass, region, or ""
    case_number: str
    reason: str  # of a broken glass, as it was given
    verdict: Verdict | None
    told_whom: ToldWhom | None
    told_at: datetime | None


class AccessLog(BaseModel):
    """For the elder or her family, on paper."""

    elder_id: uuid.UUID
    elder_name: str
    place: str
    centre_name: str
    since: datetime
    made_at: datetime
    made_by: str
    traces: list[Trace]  # the newest first
    cut: bool  # there were more than one sheet of paper is for; ask for a shorter time


class Looked(BaseModel):
    at: datetime
    verb: str
    case_number: str


class GlassLine(GlassItem):
    case_number: str  # of the emergency; "" = for no emergency


class GlassDetail(GlassLine):
    looked_at: list[Looked]  # what she opened and did while the glass was broken, in order
