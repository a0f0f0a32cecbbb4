"""What the bill of a job says to whoever stands at the door: so much from the elder, the rest from others."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.dispatch.bills.models import Bill, BillPart
from callcenter.dispatch.bills.states import BillState
from callcenter.dispatch.entitlements.models import PayerKind
from callcenter.dispatch.orders.models import Order
from providers.schemas import PaidBy, SettledView


async def read_settled(session: AsyncSession, order_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, SettledView]:
    """By order, of its last visit; a bill that was taken back says nothing any more. One of nothing has no parts."""
    parts = await session.execute(
        select(Bill.order_id, BillPart.kind, BillPart.payer, BillPart.fen)
        .join(Order, and_(Order.id == Bill.order_id, Order.visit == Bill.visit))
        .outerjoin(BillPart, BillPart.bill_id == Bill.id)
        .where(Bill.order_id.in_(order_ids), Bill.state != BillState.REVERSED)
        .order_by(Bill.order_id, BillPart.position)
    )
    found: dict[uuid.UUID, SettledView] = {}
    for order_id, kind, payer, fen in parts:
        settled = found.setdefault(order_id, SettledView(at_door_fen=0, others=[]))
        if kind is PayerKind.SELF_PAY:
            settled.at_door_fen += fen
        elif kind is not None:
            settled.others.append(PaidBy(kind=kind, payer=payer, fen=fen))
    return found
