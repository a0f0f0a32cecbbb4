"""All writes on care plans. Everybody locks the plan, and nothing before it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date, time, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.elders.models import Elder, Presence
from callcenter.elders.queries import current_id, get_elder
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, Invalid, NotFound
from callcenter.kit.ids import new_id
from callcenter.outreach.actions import OUTREACH
from callcenter.outreach.care.models import CarePlan
from callcenter.outreach.care.rules import first_day, moment, usual_rhythm
from callcenter.outreach.care.states import CareKind, Rhythm
from callcenter.outreach.queries import get_hours

MOST_TIMES = 6


@dataclass(frozen=True, slots=True)
class Agreed:
    """What `set_plan` stores; see CarePlan."""

    kind: CareKind
    rhythm: Rhythm | None = None
    at: time | None = None
    times: list[time] = field(default_factory=list)
    alarm: bool = False
    first: date | None = None  # None: from now on


async def set_plan(
    session: AsyncSession, actor: Actor, elder_id: uuid.UUID, agreed: Agreed, *, seen_id: uuid.UUID | None = None
) -> CarePlan:
    """Instead of the one in force (`seen_id`, None when there was none), which is ended; the same again changes nothing. Conflict `care_plan_changed`,
    `elder_deceased`; Invalid `bad_care_plan`.
    """
    elder = await get_elder(session, await current_id(session, elder_id))
    if elder.presence is Presence.DECEASED:
        raise Conflict("this elder has died", code="elder_deceased")
    _check(agreed)
    before = await _lock_in_force(session, elder.id, agreed.kind)
    times = sorted(f"{at:%H:%M}" for at in agreed.times)
    as_before = before is not None and (before.rhythm, before.at, before.times, before.alarm) == (
        agreed.rhythm,
        agreed.at,
        times,
        agreed.alarm,
    )
    if before is not None and as_before and before.made_by_id is not None and agreed.first in (None, before.next_on):
        return before
    if (before.id if before else None) != seen_id:
        raise Conflict("somebody has just changed her plan", code="care_plan_changed")
    if before is not None:
        _end(before, actor, "")
        await session.flush()
    now, hours = clock.now(), await get_hours(session)
    today = now.astimezone(hours.zone).date()
    first = max(agreed.first or today, today)
    if first == today and agreed.kind is not CareKind.MEDICINE and moment(today, agreed.at, elder.id, hours) <= now:
        first = today + timedelta(days=1)
    plan = CarePlan(
        id=new_id(), elder_id=elder.id, kind=agreed.kind, rhythm=agreed.rhythm, at=agreed.at, times=times,
        alarm=agreed.alarm, weekly_until=before.weekly_until if before else None, next_on=first, made_at=now, made_by_id=actor.id, end_reason="",
        version=1,
    )  # fmt: skip
    session.add(plan)
    await session.flush()
    await audit(session, actor, "care_plan:set", plan.id, details={"kind": agreed.kind, "rhythm": agreed.rhythm})
    return plan


async def end_plan(session: AsyncSession, actor: Actor, plan_id: uuid.UUID, *, reason: str) -> CarePlan:
    """She is not called by it any more; what rings, rings out. Harmless twice. A plan that was ended is not made again by her risk."""
    plan = await lock_care_plan(session, plan_id)
    if plan.ended_at is None:
        _end(plan, actor, reason)
        await session.flush()
        await audit(session, actor, "care_plan:ended", plan.id, details={"kind": plan.kind})
    return plan


async def make_usual_plan(session: AsyncSession, elder_id: uuid.UUID) -> None:
    """By her risk, for somebody who never had one. Its first day is spread."""
    elder = await session.get_one(Elder, elder_id)
    today = clock.now().astimezone((await get_hours(session)).zone).date()
    first = first_day(elder_id, usual_rhythm(elder.risk, elder.living), today)
    await session.execute(
        pg_insert(CarePlan)
        .values(
            id=new_id(), version=1, elder_id=elder_id, kind=CareKind.CARE, times=[], alarm=False, next_on=first, made_at=clock.now(), end_reason=""
        )
        .on_conflict_do_nothing()
    )  # fmt: skip


async def lock_care_plan(session: AsyncSession, plan_id: uuid.UUID) -> CarePlan:
    wanted = select(CarePlan).where(CarePlan.id == plan_id).with_for_update().execution_options(populate_existing=True)
    plan = await session.scalar(wanted)
    if plan is None:
        raise NotFound("there is no such care plan", code="no_such_plan")
    return plan


async def keep_with_elder(session: AsyncSession, plan: CarePlan) -> bool:
    """Her profile was merged into another one: the plan goes with her, unless one is in force there. False: it has ended. Precondition: locked."""
    current = await current_id(session, plan.elder_id)
    if current == plan.elder_id:
        return True
    if await _lock_in_force(session, current, plan.kind) is not None:
        _end(plan, OUTREACH, "")
        await session.flush()
        return False
    plan.elder_id = current
    await session.flush()
    return True


async def end_of_deceased(session: AsyncSession, plan_id: uuid.UUID) -> None:
    plan = await lock_care_plan(session, plan_id)
    elder = await session.get_one(Elder, plan.elder_id, populate_existing=True)
    if plan.ended_at is None and elder.presence is Presence.DECEASED:
        _end(plan, OUTREACH, "")
        await session.flush()
        await audit(session, OUTREACH, "care_plan:ended", plan.id, details={"kind": plan.kind, "why": "deceased"})


def _end(plan: CarePlan, actor: Actor, reason: str) -> None:
    plan.ended_at, plan.ended_by_id, plan.end_reason = clock.now(), actor.id, reason
    plan.version += 1


async def _lock_in_force(session: AsyncSession, elder_id: uuid.UUID, kind: CareKind) -> CarePlan | None:
    wanted = select(CarePlan).where(CarePlan.elder_id == elder_id, CarePlan.kind == kind, CarePlan.ended_at.is_(None))
    return await session.scalar(wanted.with_for_update().execution_options(populate_existing=True))


def _check(agreed: Agreed) -> None:
    if agreed.kind is CareKind.DAILY and agreed.at is None:
        raise Invalid("say by which hour her sign is to come", code="bad_care_plan")
    if (
        (agreed.kind is CareKind.MEDICINE) != bool(agreed.times)
        or len(set(agreed.times)) != len(agreed.times)
        or len(agreed.times) > MOST_TIMES
    ):
        raise Invalid(f"a reminder of medicine has one to {MOST_TIMES} hours, no other plan has any", code="bad_care_plan")
    if agreed.kind is not CareKind.CARE and agreed.rhythm is not None:
        raise Invalid("only a regular call has a rhythm", code="bad_care_plan")
