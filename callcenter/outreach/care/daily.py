"""The daily "I am fine": a call from her telephone to the centre's daily line, counted and declined, so that it costs her nothing. When it does not come by
the hour agreed, she is called at once.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.dialogs.models import DAILY_LINE
from callcenter.calls.dialogs.protocol import Context, Dialog, Step, Then
from callcenter.calls.dialogs.states import How
from callcenter.elders.models import Elder, Presence
from callcenter.elders.queries import current_ids
from callcenter.kit import clock
from callcenter.outreach.actions import OUTREACH, NewPlan, drop_plan, lock_plan, plan_call
from callcenter.outreach.care.models import CarePlan, DailySign
from callcenter.outreach.care.plans import keep_with_elder, lock_care_plan
from callcenter.outreach.care.states import CareKind
from callcenter.outreach.models import CallPlan
from callcenter.outreach.queries import get_hours
from callcenter.outreach.states import Drop, PlanState, Purpose, Way, Why

LOOKED_FOR = timedelta(hours=6)  # so long after the hour agreed a program still calls
RINGS_FOR_IT = frozenset({PlanState.DUE, PlanState.CALLING})


def handlers() -> dict[str, Dialog]:
    return {DAILY_LINE: DailyLine()}


class DailyLine:
    """Not answered: the sign is written, the call declined. Whose telephone it is nobody knows, or it is withheld: to a person, like any call."""

    async def begin(self, session: AsyncSession, context: Context) -> Step:
        if not await take_sign(session, context.elder_ids, call_id=context.call_id):
            return Step(then=Then.TO_AGENT, outcome="unknown")
        return Step(then=Then.HANG_UP, outcome="counted")

    async def on_key(self, session: AsyncSession, context: Context, keys: str) -> Step:
        return Step(then=Then.HANG_UP, outcome="counted")

    async def on_silence(self, session: AsyncSession, context: Context) -> Step:
        return Step(then=Then.HANG_UP, outcome="counted")

    async def ended(self, session: AsyncSession, context: Context, how: How) -> None:
        """What has to be written is."""


async def take_sign(session: AsyncSession, elder_ids: Collection[uuid.UUID], *, call_id: uuid.UUID | None) -> bool:
    """Of all who share the telephone, one a day each. Nobody is called any more because it was missing. False: it is nobody's."""
    hours, now = await get_hours(session), clock.now()
    today = now.astimezone(hours.zone).date()
    kept = sorted(set((await current_ids(session, elder_ids)).values()))
    for elder_id in kept:
        sign = pg_insert(DailySign).values(elder_id=elder_id, day=today, at=now, call_id=call_id)
        await session.execute(sign.on_conflict_do_nothing())
        wanted = select(CallPlan.id).where(CallPlan.dedupe_key == _key(elder_id, today), CallPlan.state.in_(RINGS_FOR_IT))
        for plan_id in (await session.scalars(wanted)).all():
            plan = await lock_plan(session, plan_id)
            if plan.state in RINGS_FOR_IT and plan.case_id is None:  # else somebody looks for her already: a person ends that
                await drop_plan(session, OUTREACH, plan, Drop.OBSOLETE)
    return bool(kept)


async def list_at_their_hour(session: AsyncSession, now: datetime) -> Sequence[uuid.UUID]:
    """Plans of today whose hour has passed, of those at home."""
    here = now.astimezone((await get_hours(session)).zone)
    wanted = select(CarePlan.id).join(Elder, Elder.id == CarePlan.elder_id).where(
        CarePlan.ended_at.is_(None), CarePlan.kind == CareKind.DAILY, CarePlan.next_on <= here.date(), CarePlan.at <= here.time(),
        Elder.presence == Presence.HOME,
    )  # fmt: skip
    return (await session.scalars(wanted.order_by(CarePlan.at, CarePlan.id).limit(500))).all()


async def plan_missed(session: AsyncSession, plan_id: uuid.UUID) -> None:
    """Her hour has passed: she has told, or is called at once."""
    plan = await lock_care_plan(session, plan_id)
    now = clock.now()
    here = now.astimezone((await get_hours(session)).zone)
    today = here.date()
    passed = plan.at is not None and plan.at <= here.time() and plan.next_on <= today
    if plan.ended_at is not None or not passed or not await keep_with_elder(session, plan):
        return
    if await session.get(DailySign, (plan.elder_id, today)) is None:
        new = NewPlan(
            _key(plan.elder_id, today), Purpose.DAILY, Way.KEYS, Why.MISSED_DAILY, plan.elder_id, now, now + LOOKED_FOR, subject_id=plan.id
        )
        await plan_call(session, new)
    plan.next_on = today + timedelta(days=1)
    plan.version += 1
    await session.flush()


def _key(elder_id: uuid.UUID, day: date) -> str:
    return f"daily:{elder_id}:{day:%Y-%m-%d}"
