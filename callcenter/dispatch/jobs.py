"""The worker's part of dispatch: offers that run out, orders nobody took in time, jobs that are late, plans that are due.

Each row is a transaction of its own, so that one that fails holds nothing up. Two workers at once do each thing once: the order's lock decides.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Sequence

import structlog
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import system
from callcenter.dispatch.orders.actions.common import lock_order, touch_order, write_event
from callcenter.dispatch.orders.actions.offering import expire_offer, expire_order, seek
from callcenter.dispatch.orders.actions.plans import AHEAD, make_due_order
from callcenter.dispatch.orders.models import Offer, Order, OrderPlan
from callcenter.dispatch.orders.states import BEFORE_DOOR, SEEKING, OfferState, OrderState
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.settings import get_settings

log = structlog.get_logger()
DISPATCH = system("dispatch")
MOST = 200  # of one kind in one sweep


async def sweep_orders(database: Database) -> None:
    """What is due now, the nearest deadline first."""
    async with database.transaction() as session:
        now = clock.now()
        offers = select(Offer.id).where(Offer.state == OfferState.OPEN, Offer.deadline_at <= now).order_by(Offer.deadline_at).limit(MOST)
        run_out = (await session.scalars(offers)).all()
        seeking = (
            select(Order.id)
            .where(Order.state.in_(SEEKING), or_(Order.accept_by <= now, Order.seek_at <= now))
            .order_by(Order.requested_at)
            .limit(MOST)
        )
        waiting = (await session.scalars(seeking)).all()
        late = (
            select(Order.id)
            .where(Order.state.in_(BEFORE_DOOR), Order.arrive_by <= now, Order.late_told != "arrive")
            .order_by(Order.arrive_by)
            .limit(MOST)
        )
        too_late = (await session.scalars(late)).all()
        today = clock.today(get_settings().timezone)
        plans = select(OrderPlan.id).where(OrderPlan.active, OrderPlan.next_on <= today + AHEAD).order_by(OrderPlan.next_on).limit(MOST)
        due = (await session.scalars(plans)).all()
    await _each(database, run_out, expire)
    await _each(database, waiting, look_for_store)
    await _each(database, too_late, tell_late)
    await _each(database, due, make_order)


async def _each(database: Database, ids: Sequence[uuid.UUID], do: Callable[[AsyncSession, uuid.UUID], Awaitable[object]]) -> None:
    for one in ids:
        try:
            async with database.transaction() as session:
                await do(session, one)
        except Exception as error:  # the next sweep comes to it again
            log.warning("order_step_failed", step=do.__name__, error=type(error).__name__, object_id=str(one))


async def expire(session: AsyncSession, offer_id: uuid.UUID) -> None:
    await expire_offer(session, DISPATCH, offer_id)


async def look_for_store(session: AsyncSession, order_id: uuid.UUID) -> None:
    """Its morning has come, or its time to be accepted is over."""
    case, order = await lock_order(session, order_id)
    now = clock.now()
    if order.state not in SEEKING:
        return
    if order.accept_by is not None and order.accept_by <= now:
        await expire_order(session, DISPATCH, case, order)
    elif order.seek_at is not None and order.seek_at <= now:
        await seek(session, DISPATCH, case, order)


async def tell_late(session: AsyncSession, order_id: uuid.UUID) -> None:
    """Nobody is at the door at the agreed time: an agent looks. Said once."""
    _, order = await lock_order(session, order_id)
    if order.state not in BEFORE_DOOR or order.late_told == "arrive" or order.arrive_by is None or order.arrive_by > clock.now():
        return
    order.late_told = "arrive"
    if order.state is not OrderState.NO_ANSWER:
        order.attention = "late"
    await write_event(session, DISPATCH, order, "late")
    await touch_order(session, order)


async def make_order(session: AsyncSession, plan_id: uuid.UUID) -> None:
    await make_due_order(session, DISPATCH, plan_id)
