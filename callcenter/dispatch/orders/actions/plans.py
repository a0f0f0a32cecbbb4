"""The same order again and again: every Monday 9:00. Each one is made ahead on a case of its own, exactly once."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.cases.actions import LinkedTo, add_entry, lock_case, open_case
from callcenter.cases.states import Severity
from callcenter.dispatch.orders.actions.changing import cancel_order
from callcenter.dispatch.orders.actions.offering import place_and_offer
from callcenter.dispatch.orders.actions.placing import read_items
from callcenter.dispatch.orders.models import Order, OrderPlan
from callcenter.dispatch.orders.schemas import AskedOrder, AskedPlan
from callcenter.dispatch.orders.states import BEFORE_DOOR, SEEKING, STUCK
from callcenter.elders.models import Elder, Presence
from callcenter.elders.queries import get_elder
from callcenter.kit import clock
from callcenter.kit.errors import AppError, Conflict, Invalid, NotFound
from callcenter.kit.ids import new_id
from callcenter.settings import get_settings

AHEAD = timedelta(days=2)  # so long before its day an order is placed
AWAY = frozenset({Presence.AWAY, Presence.IN_HOSPITAL})


def next_day(weekdays: list[int], every_weeks: int, *, first: date, last: date | None, after: date) -> date | None:
    """The first day of the plan later than `after`. Weeks are counted from the Monday of the week of `first`. None: it is over."""
    monday = first - timedelta(days=first.weekday())
    day = max(first, after + timedelta(days=1))
    for _ in range(7 * every_weeks + 7):
        if last is not None and day > last:
            return None
        if day.weekday() in weekdays and ((day - monday).days // 7) % every_weeks == 0:
            return day
        day += timedelta(days=1)
    return None


async def make_plan(session: AsyncSession, actor: Actor, case_id: uuid.UUID, asked: AskedPlan) -> OrderPlan:
    """Agreed on a case. Invalid `no_day`: none of its days lies between first and last."""
    case = await lock_case(session, case_id)
    if case.elder_id is None:
        raise Conflict("say first who it is for", code="no_elder")
    elder = await get_elder(session, case.elder_id)
    await read_items(session, asked.order.lines, asked.order.place.community_id if asked.order.place else elder.community_id)
    today = clock.today(get_settings().timezone)
    first = next_day(
        asked.weekdays, asked.every_weeks, first=asked.first, last=asked.last, after=max(asked.first, today) - timedelta(days=1)
    )
    if first is None:
        raise Invalid("no day of this plan lies between its first and its last", code="no_day")
    plan = OrderPlan(
        id=new_id(),
        elder_id=case.elder_id,
        case_id=case_id,
        asked=asked.order.model_copy(update={"wanted_from": None, "wanted_to": None}).model_dump_json(),
        weekdays=sorted(asked.weekdays),
        every_weeks=asked.every_weeks,
        at=asked.at,
        first=asked.first,
        last=asked.last,
        next_on=first,
        created_by=actor.id,
        created_at=clock.now(),
    )
    session.add(plan)
    await session.flush()
    await audit(session, actor, "order-plan:made", plan.id, details={"case_id": str(case_id)})
    await add_entry(session, case_id, "plan_made", actor=actor, data={"plan_id": str(plan.id), "first": first.isoformat()})
    return plan


async def end_plan(session: AsyncSession, actor: Actor, plan_id: uuid.UUID, *, reason: str) -> OrderPlan:
    """No more orders; those that are placed and not begun are cancelled. Harmless twice."""
    plan = await _lock_plan(session, plan_id)
    if not plan.active:
        return plan
    plan.active, plan.next_on, plan.version = False, None, plan.version + 1
    await audit(session, actor, "order-plan:ended", plan.id, details={"reason": reason[:100]})
    ahead = select(Order.id).where(Order.plan_id == plan_id, Order.state.in_(SEEKING | STUCK | BEFORE_DOOR)).order_by(Order.id)
    for order_id in (await session.scalars(ahead)).all():
        await cancel_order(session, actor, order_id, why="plan", note=reason)
    return plan


async def make_due_order(session: AsyncSession, actor: Actor, plan_id: uuid.UUID) -> Order | None:
    """The worker's: the plan's next order, when it is near. None: nothing is due, or she is away on that day (the day is passed over)."""
    plan = await _lock_plan(session, plan_id)
    settings = get_settings()
    today = clock.today(settings.timezone)
    if not plan.active or plan.next_on is None or plan.next_on > today + AHEAD:
        return None
    day, days = plan.next_on, [int(d) for d in plan.weekdays]
    plan.next_on = next_day(days, plan.every_weeks, first=plan.first, last=plan.last, after=max(day, today - timedelta(days=1)))
    elder = await session.get_one(Elder, plan.elder_id)
    starts = datetime.combine(day, plan.at, ZoneInfo(settings.timezone))
    if elder.presence is Presence.DECEASED:
        plan.active, plan.next_on = False, None
        return None
    is_away = elder.presence in AWAY and (elder.presence_until is None or elder.presence_until >= day)
    if is_away or starts < clock.now():  # missed while nothing ran: not placed for yesterday
        await audit(
            session, actor, "order-plan:passed-over", plan.id, details={"day": day.isoformat(), "why": "away" if is_away else "missed"}
        )
        return None
    opened = await open_case(
        session,
        elder_id=plan.elder_id,
        caller_key=None,
        is_sos=False,
        severity=Severity.N2,
        linked=LinkedTo(plan.case_id),
        at=clock.now(),
        data={"plan_id": str(plan.id), "day": day.isoformat()},
        kind="plan_due",
    )
    case = await lock_case(session, opened.id)
    case.outcome, case.deadline_at = "planned", starts
    asked = AskedOrder.model_validate_json(plan.asked)
    ends = starts + timedelta(minutes=plan.minutes_window)
    asked = asked.model_copy(update={"wanted_from": starts, "wanted_to": ends})
    try:
        return await place_and_offer(session, actor, opened.id, asked, plan=(plan.id, day))
    except AppError as error:  # an item that was taken out of the catalogue since: a person must look, the plan goes on
        await add_entry(session, opened.id, "plan_failed", data={"why": error.code})
        return None


async def _lock_plan(session: AsyncSession, plan_id: uuid.UUID) -> OrderPlan:
    plan = (
        await session.execute(select(OrderPlan).where(OrderPlan.id == plan_id).with_for_update().execution_options(populate_existing=True))
    ).scalar_one_or_none()
    if plan is None:
        raise NotFound("no such plan", code="plan_not_found")
    return plan
