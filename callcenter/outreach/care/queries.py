"""Reads of care plans and their calls."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.models import User
from callcenter.elders.models import Elder
from callcenter.elders.queries import get_elder
from callcenter.elders.rules import mask_name
from callcenter.kit import clock
from callcenter.kit.errors import NotFound
from callcenter.outreach.care.models import CarePlan, DailySign
from callcenter.outreach.care.rules import rhythm_on, usual_rhythm
from callcenter.outreach.care.schemas import CareCallView, CareOfElder, CarePlanView
from callcenter.outreach.care.states import CareKind
from callcenter.outreach.models import CallAttempt, CallPlan
from callcenter.outreach.states import OPEN, PlanState, Purpose, Result
from callcenter.regions.models import Region
from callcenter.settings import get_settings

CARE = (Purpose.CARE, Purpose.DAILY, Purpose.MEDICINE, Purpose.CAMPAIGN)
MOST = 500
LAST_CALLS, LAST_PLANS, LAST_SIGNS = 20, 5, 14


async def get_care_plan(session: AsyncSession, plan_id: uuid.UUID) -> CarePlan:
    plan = await session.get(CarePlan, plan_id)
    if plan is None:
        raise NotFound("there is no such care plan", code="no_such_plan")
    return plan


async def get_in_force(session: AsyncSession, elder_id: uuid.UUID, kind: CareKind) -> CarePlan | None:
    return await session.scalar(select(CarePlan).where(CarePlan.elder_id == elder_id, CarePlan.kind == kind, CarePlan.ended_at.is_(None)))


async def care_of(session: AsyncSession, elder_id: uuid.UUID) -> CareOfElder:
    """For whoever may see all of her."""
    elder = await get_elder(session, elder_id)
    kept = select(CarePlan, User.name).outerjoin(User, User.id == CarePlan.made_by_id).where(CarePlan.elder_id == elder_id)
    rows = (await session.execute(kept.order_by(CarePlan.kind, CarePlan.made_at.desc()))).all()
    plans = [_plan_view(plan, name, elder) for plan, name in rows]
    calls = (
        select(CallPlan)
        .where(CallPlan.elder_id == elder_id, CallPlan.purpose.in_(CARE))
        .order_by(CallPlan.planned_at.desc())
        .limit(LAST_CALLS)
    )
    signs = select(DailySign.day).where(DailySign.elder_id == elder_id).order_by(DailySign.day.desc()).limit(LAST_SIGNS)
    ended = sorted((p for p in plans if p.ended_at), key=lambda p: p.ended_at or p.made_at, reverse=True)
    return CareOfElder(
        elder_id=elder_id,
        usual_rhythm=usual_rhythm(elder.risk, elder.living),
        plans=[p for p in plans if p.ended_at is None],
        ended=ended[:LAST_PLANS],
        signs=list((await session.scalars(signs)).all()),
        calls=await call_views(session, (await session.scalars(calls)).all(), whole={elder_id}),
    )


async def list_today(session: AsyncSession, day: date) -> Sequence[CallPlan]:
    """Open calls of care whose moment lies before the end of `day`, and those that ended on it; the soonest first."""
    zone = ZoneInfo(get_settings().timezone)
    begins = datetime.combine(day, time(0), zone)
    ends = begins + timedelta(days=1)
    is_open = CallPlan.state.in_(OPEN) & (CallPlan.due_at < ends)
    has_ended = CallPlan.state.in_((PlanState.DONE, PlanState.DROPPED)) & (CallPlan.done_at >= begins) & (CallPlan.done_at < ends)
    fine = (CallPlan.state == PlanState.DONE) & (CallPlan.result == Result.FINE)
    wanted = select(CallPlan).where(CallPlan.purpose.in_(CARE), is_open | has_ended, ~func.coalesce(fine, False))
    return (await session.scalars(wanted.order_by(CallPlan.due_at, CallPlan.id).limit(MOST + 1))).all()


async def count_fine(session: AsyncSession, day: date) -> int:
    begins = datetime.combine(day, time(0), ZoneInfo(get_settings().timezone))
    wanted = select(func.count()).where(
        CallPlan.purpose.in_(CARE), CallPlan.result == Result.FINE, CallPlan.done_at >= begins, CallPlan.done_at < begins + timedelta(days=1)
    )  # fmt: skip
    return await session.scalar(wanted) or 0


async def call_views(session: AsyncSession, plans: Sequence[CallPlan], *, whole: Collection[uuid.UUID]) -> list[CareCallView]:
    """`whole`: whose names are shown."""
    ids = [plan.id for plan in plans]
    places = select(CallPlan.id, Elder.name, Region.short_name).join(Elder, Elder.id == CallPlan.elder_id)
    places = places.join(Region, Region.id == CallPlan.community_id).where(CallPlan.id.in_(ids))
    known = {row.id: row for row in await session.execute(places)}
    asked = select(CallAttempt.plan_id).where(CallAttempt.plan_id.in_(ids), CallAttempt.contact_id.is_not(None))
    contacts = set((await session.scalars(asked)).all())
    return [
        CareCallView(
            id=plan.id, version=plan.version, purpose=plan.purpose, way=plan.way, why=plan.why, state=plan.state, elder_id=plan.elder_id,
            name=known[plan.id].name if plan.elder_id in whole else mask_name(known[plan.id].name), community=known[plan.id].short_name,
            due_at=plan.due_at, attempts=plan.attempts, asks_contact=plan.id in contacts, result=plan.result, keyed=plan.keyed,
            drop_reason=plan.drop_reason, case_id=plan.case_id, done_at=plan.done_at,
        )
        for plan in plans
    ]  # fmt: skip


def _plan_view(plan: CarePlan, made_by: str | None, elder: Elder) -> CarePlanView:
    now = None
    if plan.kind is CareKind.CARE:
        today = clock.today(get_settings().timezone)
        now = rhythm_on(today, plan.rhythm, risk=elder.risk, living=elder.living, weekly_until=plan.weekly_until)
    return CarePlanView(
        id=plan.id, version=plan.version, kind=plan.kind, rhythm=plan.rhythm, rhythm_now=now, at=f"{plan.at:%H:%M}" if plan.at else None,
        times=plan.times, alarm=plan.alarm, weekly_until=plan.weekly_until, next_on=plan.next_on, made_at=plan.made_at, made_by=made_by,
        ended_at=plan.ended_at, end_reason=plan.end_reason,
    )  # fmt: skip
