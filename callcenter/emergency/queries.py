"""All reads of emergencies."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.models import User
from callcenter.calls.models import AgentPresence
from callcenter.calls.states import AgentState
from callcenter.cases.models import Case
from callcenter.cases.states import OPEN as OPEN_CASES
from callcenter.elders.queries import list_within
from callcenter.emergency.models import Emergency, EmergencyAlarm, EmergencyDeadline
from callcenter.emergency.rules import Colleague
from callcenter.emergency.states import DeadlineState, EmergencyState
from callcenter.kit.errors import NotFound

MOST = 100


@dataclass(frozen=True, slots=True)
class Picture:
    """An emergency with its case, what is due and what calls."""

    emergency: Emergency
    case: Case
    deadlines: list[EmergencyDeadline] = field(default_factory=list)  # open, the nearest first
    alarms: list[EmergencyAlarm] = field(default_factory=list)  # not seen yet, the oldest first


async def get_emergency(session: AsyncSession, case_id: uuid.UUID) -> Emergency:
    found = await session.scalar(select(Emergency).where(Emergency.case_id == case_id))
    if found is None:
        raise NotFound("this case is no emergency", code="no_emergency")
    return found


async def list_pictures(session: AsyncSession, ids: Collection[uuid.UUID] | None = None) -> dict[uuid.UUID, Picture]:
    """By id: those named, else all that are open, the oldest press first."""
    wanted = Emergency.id.in_(ids) if ids is not None else Emergency.state == EmergencyState.OPEN
    rows = await session.execute(
        select(Emergency, Case).join(Case, Case.id == Emergency.case_id).where(wanted).order_by(Emergency.pressed_at).limit(500)
    )
    found = {emergency.id: Picture(emergency, case) for emergency, case in rows}
    for deadline in await session.scalars(
        select(EmergencyDeadline)
        .where(EmergencyDeadline.emergency_id.in_(found), EmergencyDeadline.state == DeadlineState.OPEN)
        .order_by(EmergencyDeadline.due_at)
    ):
        found[deadline.emergency_id].deadlines.append(deadline)
    for alarm in await session.scalars(
        select(EmergencyAlarm).where(EmergencyAlarm.emergency_id.in_(found), EmergencyAlarm.seen_at.is_(None)).order_by(EmergencyAlarm.at)
    ):
        found[alarm.emergency_id].alarms.append(alarm)
    return found


async def list_colleagues(session: AsyncSession, elder_id: uuid.UUID | None) -> list[Colleague]:
    """Everybody who takes calls, as `choose_watcher` sees her."""
    busy: Counter[uuid.UUID] = Counter()
    for owner_id, watcher_id in await session.execute(
        select(Case.owner_id, Emergency.watcher_id)
        .join(Emergency, Emergency.case_id == Case.id)
        .where(Emergency.state == EmergencyState.OPEN)
    ):
        busy.update(one for one in (owner_id, watcher_id) if one)
    rows = await session.execute(select(User, AgentPresence).join(AgentPresence, AgentPresence.agent_id == User.id).where(User.active))
    people = []
    for user, presence in rows:
        near = bool(elder_id and user.region_ids and await list_within(session, [elder_id], user.region_ids))
        people.append(Colleague(user.id, user.role, presence.state, presence.since, near, busy[user.id]))
    return people


async def is_there(session: AsyncSession, user_id: uuid.UUID | None) -> bool:
    """She is at her console."""
    there = AgentPresence.state != AgentState.OFFLINE
    return (await session.scalar(select(AgentPresence.agent_id).where(AgentPresence.agent_id == user_id, there))) is not None


# --- what a sweep looks for --------------------------------------------------------------------------------------------------------


async def list_new(session: AsyncSession, *, before: datetime | None = None) -> Sequence[uuid.UUID]:
    """Cases of an SOS that are open and have no emergency, or a closed one; `before`: pressed before then."""
    known = exists().where(Emergency.case_id == Case.id, Emergency.state == EmergencyState.OPEN)
    statement = select(Case.id).where(Case.is_sos, Case.state.in_(OPEN_CASES), ~known).order_by(Case.opened_at).limit(MOST)
    if before is not None:
        statement = statement.where(Case.last_press_at < before)
    return (await session.scalars(statement)).all()


async def list_over(session: AsyncSession) -> Sequence[uuid.UUID]:
    """Cases that are over and whose emergency is open."""
    statement = (
        select(Emergency.case_id)
        .join(Case, Case.id == Emergency.case_id)
        .where(Emergency.state == EmergencyState.OPEN, Case.state.not_in(OPEN_CASES))
        .limit(MOST)
    )
    return (await session.scalars(statement)).all()


async def list_unwatched(session: AsyncSession) -> Sequence[uuid.UUID]:
    """Cases with an owner and no second person: never asked, or she has become the owner herself."""
    statement = (
        select(Emergency.case_id)
        .join(Case, Case.id == Emergency.case_id)
        .where(
            Emergency.state == EmergencyState.OPEN,
            Case.owner_id.is_not(None),
            or_(
                and_(Emergency.watcher_id.is_(None), Emergency.watch_asked_at.is_(None)),
                Emergency.watcher_id == Case.owner_id,
            ),
        )
        .limit(MOST)
    )
    return (await session.scalars(statement)).all()


async def list_overdue(session: AsyncSession, now: datetime) -> Sequence[uuid.UUID]:
    """Deadlines whose next level is to be told."""
    due = (EmergencyDeadline.state == DeadlineState.OPEN) & (EmergencyDeadline.next_at <= now)
    return (await session.scalars(select(EmergencyDeadline.id).where(due).order_by(EmergencyDeadline.next_at).limit(MOST))).all()


async def list_unswept(session: AsyncSession, now: datetime, *, longer_than: timedelta) -> Sequence[uuid.UUID]:
    """Emergencies with a deadline that nobody has looked at since it was due: whoever should sweep does not."""
    late = (EmergencyDeadline.state == DeadlineState.OPEN) & (EmergencyDeadline.next_at <= now - longer_than)
    return (await session.scalars(select(EmergencyDeadline.emergency_id).where(late).distinct().limit(MOST))).all()
