"""The worker's part: visits that are verified get their bill, bills whose visit does not count any more are taken back. Each is a transaction of its own."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Sequence

import structlog
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor, system
from callcenter.dispatch.bills.actions import PRICE, settle, take_back_bills
from callcenter.dispatch.bills.models import Bill
from callcenter.dispatch.bills.points import Points
from callcenter.dispatch.bills.states import BillState
from callcenter.dispatch.orders.models import Order
from callcenter.dispatch.orders.states import OrderState
from callcenter.kit.db import Database

log = structlog.get_logger()
BILLING = system("billing")
MOST = 200  # of one kind in one sweep


async def sweep_bills(database: Database, points: Points) -> None:
    """The oldest first."""
    async with database.transaction() as session:
        verified = (
            select(Order.id).where(Order.state == OrderState.VERIFIED, Order.attention != PRICE).order_by(Order.verified_at).limit(MOST)
        )
        unbilled = (await session.scalars(verified)).all()
        undone = (
            select(Order.id)
            .join(Bill, Bill.order_id == Order.id)
            .where(
                Order.settled_at.is_not(None),  # once settled, and not any more: few
                Order.state != OrderState.SETTLED,
                Bill.state != BillState.REVERSED,
                or_(Order.state == OrderState.CANCELLED, Bill.visit < Order.visit),
            )
            .distinct()
            .limit(MOST)
        )
        to_take_back = (await session.scalars(undone)).all()
    await _each(database, to_take_back, points, take_back_bills)
    await _each(database, unbilled, points, settle)


async def _each(
    database: Database,
    ids: Sequence[uuid.UUID],
    points: Points,
    do: Callable[[AsyncSession, Actor, uuid.UUID, Points], Awaitable[object]],
) -> None:
    for one in ids:
        try:
            async with database.transaction() as session:
                await do(session, BILLING, one, points)
        except Exception as error:  # the next sweep comes to it again
            log.warning("bill_step_failed", step=do.__name__, error=type(error).__name__, order_id=str(one))
