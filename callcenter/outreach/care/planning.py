"""What is due by a care plan becomes a planned call, each day's once. The plan is locked, its next day moves on in the same transaction."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.elders.models import Elder, Presence
from callcenter.kit import clock
from callcenter.outreach.actions import NewPlan, plan_call
from callcenter.outreach.care.models import CarePlan
from callcenter.outreach.care.plans import keep_with_elder, lock_care_plan
from callcenter.outreach.care.rules import AFTER_HOSPITAL, REMINDER_LASTS, birthdays_on, moment, next_day, patience, rhythm_on
from callcenter.outreach.care.states import CareKind
from callcenter.outreach.queries import get_hours
from callcenter.outreach.states import Purpose, Way, Why

AT_ONCE = 500  # a sweep takes so many
_IN_FORCE = CarePlan.ended_at.is_(None)


async def list_without_plan(session: AsyncSession) -> Sequence[uuid.UUID]:
    """Who never had a plan of regular calls."""
    had = select(CarePlan.id).where(CarePlan.elder_id == Elder.id, CarePlan.kind == CareKind.CARE).exists()
    wanted = select(Elder.id).where(Elder.merged_into.is_(None), Elder.presence != Presence.DECEASED, ~had)
    return (await session.scalars(wanted.order_by(Elder.id).limit(AT_ONCE))).all()


async def list_deceased(session: AsyncSession) -> Sequence[uuid.UUID]:
    wanted = select(CarePlan.id).join(Elder, Elder.id == CarePlan.elder_id).where(_IN_FORCE, Elder.presence == Presence.DECEASED)
    return (await session.scalars(wanted.limit(AT_ONCE))).all()


async def list_in_hospital(session: AsyncSession, today: date) -> Sequence[uuid.UUID]:
    """Whose weeks after hospital are not counted from today yet."""
    until = today + AFTER_HOSPITAL
    wanted = select(CarePlan.id).join(Elder, Elder.id == CarePlan.elder_id).where(
        _IN_FORCE, CarePlan.kind == CareKind.CARE, Elder.presence == Presence.IN_HOSPITAL, func.coalesce(CarePlan.weekly_until, today) < until
    )  # fmt: skip
    return (await session.scalars(wanted.limit(AT_ONCE))).all()


async def list_birthdays(session: AsyncSession, today: date) -> Sequence[uuid.UUID]:
    """Plans of who was born on a day like this one, until this year's call is planned."""
    wanted = select(CarePlan.id).join(Elder, Elder.id == CarePlan.elder_id).where(
        _IN_FORCE, CarePlan.kind == CareKind.CARE, Elder.presence == Presence.HOME,
        func.to_char(Elder.birth_date, "MMDD").in_(birthdays_on(today)),
    )  # fmt: skip
    return (await session.scalars(wanted)).all()


async def list_due(session: AsyncSession, today: date) -> Sequence[uuid.UUID]:
    """Of those at home: who is away is called when she is back."""
    wanted = select(CarePlan.id).join(Elder, Elder.id == CarePlan.elder_id).where(
        _IN_FORCE, CarePlan.kind == CareKind.CARE, CarePlan.next_on <= today, Elder.presence == Presence.HOME
    )  # fmt: skip
    return (await session.scalars(wanted.order_by(CarePlan.next_on, CarePlan.id).limit(AT_ONCE))).all()


async def list_medicine(session: AsyncSession, today: date) -> Sequence[uuid.UUID]:
    """Reminders of today that are not planned yet, of those at home."""
    wanted = select(CarePlan.id).join(Elder, Elder.id == CarePlan.elder_id).where(
        _IN_FORCE, CarePlan.kind == CareKind.MEDICINE, CarePlan.next_on <= today, Elder.presence == Presence.HOME
    )  # fmt: skip
    return (await session.scalars(wanted.order_by(CarePlan.id).limit(AT_ONCE))).all()


async def plan_medicine(session: AsyncSession, plan_id: uuid.UUID) -> None:
    """Today's hours that are still to come. One that has passed, while she was away or nothing ran, is no reminder any more."""
    plan = await lock_care_plan(session, plan_id)
    now, hours = clock.now(), await get_hours(session)
    today = now.astimezone(hours.zone).date()
    if plan.ended_at is not None or plan.next_on > today or not await keep_with_elder(session, plan):
        return
    for at in plan.times:
        due = datetime.combine(today, time.fromisoformat(at), hours.zone)
        if due > now - REMINDER_LASTS:
            key = f"medicine:{plan.elder_id}:{today:%Y-%m-%d}:{at}"
            new = NewPlan(
                key, Purpose.MEDICINE, Way.KEYS, Why.CARE_PLAN, plan.elder_id, max(due, now), due + REMINDER_LASTS, subject_id=plan.id
            )
            await plan_call(session, new)
    plan.next_on = today + timedelta(days=1)
    plan.version += 1
    await session.flush()


async def note_hospital(session: AsyncSession, plan_id: uuid.UUID) -> None:
    """Counted anew each day that she is there, so the weeks begin when she is home; the first call comes soon after."""
    plan = await lock_care_plan(session, plan_id)
    today = clock.now().astimezone((await get_hours(session)).zone).date()
    plan.weekly_until = today + AFTER_HOSPITAL
    plan.next_on = min(plan.next_on, today + timedelta(days=1))
    await session.flush()


async def plan_birthday(session: AsyncSession, plan_id: uuid.UUID) -> None:
    """Today's call is a birthday's: the regular one that is due today is that one."""
    await _plan(session, plan_id, birthday=True)


async def plan_due(session: AsyncSession, plan_id: uuid.UUID) -> None:
    """The call of the plan's day, and the day after it."""
    await _plan(session, plan_id, birthday=False)


async def _plan(session: AsyncSession, plan_id: uuid.UUID, *, birthday: bool) -> None:
    plan = await lock_care_plan(session, plan_id)
    now, hours = clock.now(), await get_hours(session)
    today = now.astimezone(hours.zone).date()
    if plan.ended_at is not None or not await keep_with_elder(session, plan):
        return
    elder = await session.get_one(Elder, plan.elder_id, populate_existing=True)
    if elder.presence is not Presence.HOME or (plan.next_on > today and not birthday):
        return
    rhythm = rhythm_on(today, plan.rhythm, risk=elder.risk, living=elder.living, weekly_until=plan.weekly_until)
    due = hours.next(max(now, moment(today, plan.at, elder.id, hours)))
    key = f"birthday:{elder.id}:{today.year}" if birthday else f"care:{elder.id}:{plan.next_on:%Y-%m-%d}"
    new = NewPlan(key, Purpose.CARE, Way.KEYS, Why.CARE_PLAN, elder.id, due, due + patience(rhythm), subject_id=plan.id)
    await plan_call(session, new)
    if plan.next_on <= today:
        plan.next_on = next_day(rhythm, today)
        plan.version += 1
    await session.flush()
