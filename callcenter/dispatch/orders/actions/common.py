"""What every write of an order shares: the lock, the move, the history."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.cases.actions import add_entry, count_order, lock_case
from callcenter.cases.models import Case
from callcenter.dispatch.orders.errors import OrderNotFound
from callcenter.dispatch.orders.models import Order, OrderEvent, OrderLine
from callcenter.dispatch.orders.states import ORDER, OVER, OrderState
from callcenter.dispatch.stores.models import Store
from callcenter.kit import clock, trace
from callcenter.kit.outbox import publish

# What stands on the case's timeline; the rest is the order's own history.
ON_TIMELINE = frozenset(
    {
        "placed", "accepted", "given_back", "en_route", "checked_in", "checked_out", "verified", "settled", "rejected", "expired", "cancelled",
        "no_answer", "rework", "disputed", "changed", "late", "assigned",
    }
)  # fmt: skip


async def lock_order(session: AsyncSession, order_id: uuid.UUID) -> tuple[Case, Order]:
    """The case first, then the order: everybody locks in this sequence."""
    case_id = await session.scalar(select(Order.case_id).where(Order.id == order_id))
    if case_id is None:
        raise OrderNotFound("no such order")
    case = await lock_case(session, case_id)
    order = (
        await session.execute(select(Order).where(Order.id == order_id).with_for_update().execution_options(populate_existing=True))
    ).scalar_one()
    return case, order


async def list_lines(session: AsyncSession, order_id: uuid.UUID) -> list[OrderLine]:
    return list(await session.scalars(select(OrderLine).where(OrderLine.order_id == order_id).order_by(OrderLine.position)))


async def write_event(
    session: AsyncSession, actor: Actor, order: Order, kind: str, data: dict[str, Any] | None = None, *, text: str = ""
) -> None:
    """The order's history, the audit and, for what the agent must know, the case's timeline. `data` holds nothing private; `text` may."""
    at = clock.now()
    await session.execute(
        insert(OrderEvent).values(
            order_id=order.id,
            at=at,
            kind=kind,
            state=order.state,
            actor_kind=actor.kind,
            actor_id=actor.id,
            actor_name=actor.name,
            data=data or {},
        )
    )
    trace.bind(order.case_id)
    trace.noted(session, "order", order=order.id, what=kind, state=order.state)
    await audit(session, actor, f"order:{kind.replace('_', '-')}", order.id, details=data)
    if kind in ON_TIMELINE:
        about: dict[str, Any] = {"order_id": str(order.id), "number": order.number, "items": order.title}
        if order.store_id:
            about["store"] = await session.scalar(select(Store.name).where(Store.id == order.store_id))
        by = actor if actor.kind == "user" else None
        await add_entry(session, order.case_id, f"order_{kind}", actor=by, text=text, data={**about, **(data or {})}, at=at)


async def touch_order(session: AsyncSession, order: Order, *, stores: tuple[uuid.UUID, ...] = ()) -> None:
    """It changed: consoles hear of it, and the stores that it concerns (its own is always among them)."""
    order.version += 1
    await session.flush()
    await _tell(session, order, stores)


async def _tell(session: AsyncSession, order: Order, stores: tuple[uuid.UUID, ...]) -> None:
    concerned = {*stores, *({order.store_id} if order.store_id else set())}
    await publish(session, "order", order.id, {"state": order.state, "stores": sorted(map(str, concerned))}, version=order.version)


async def move_order(
    session: AsyncSession,
    actor: Actor,
    case: Case,
    order: Order,
    to: OrderState,
    kind: str,
    data: dict[str, Any] | None = None,
    *,
    text: str = "",
    stores: tuple[uuid.UUID, ...] = (),
) -> None:
    """Precondition: both are locked. IllegalMove changes nothing."""
    ORDER.check(order.state, to)
    was_over, order.state = order.state in OVER, to
    order.version += 1
    await session.flush()
    await write_event(session, actor, order, kind, data, text=text)
    await _tell(session, order, stores)
    if was_over != (to in OVER):
        await count_order(session, case, -1 if to in OVER else 1)
