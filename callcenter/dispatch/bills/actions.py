"""A bill is made for each visit that is verified, and taken back when the visit is done again or called off.

Everybody locks in this sequence: the case, the order, the entitlements by id. So no two bills pass a monthly cap together, and a bill,
what it has counted down and the order's being settled are one commit.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.cases.models import Case
from callcenter.catalog.models import ServiceItem
from callcenter.catalog.queries import resolve_items
from callcenter.catalog.rules import fen
from callcenter.centre.queries import get_values
from callcenter.centre.rules import CentreValues
from callcenter.dispatch.bills.models import Bill, BillPart, PriceConfirmation
from callcenter.dispatch.bills.points import Points, key_of
from callcenter.dispatch.bills.rules import BilledLine, Grant, Part, is_too_dear, points_at_most, share_of, share_out, spread
from callcenter.dispatch.bills.states import BILL, BillState
from callcenter.dispatch.entitlements.actions import give_back, use_entitlements
from callcenter.dispatch.entitlements.models import Entitlement, PayerKind
from callcenter.dispatch.entitlements.queries import list_counting, used_in
from callcenter.dispatch.entitlements.rules import month_of
from callcenter.dispatch.orders.actions.common import list_lines, lock_order, touch_order, write_event
from callcenter.dispatch.orders.actions.doing import DEAREST, settle_order
from callcenter.dispatch.orders.models import Order, OrderLine
from callcenter.dispatch.orders.states import OrderState
from callcenter.kit import clock, trace
from callcenter.kit.errors import Conflict, Invalid
from callcenter.kit.ids import new_id
from callcenter.settings import get_settings

PRICE = "price"  # why a person should look at the order


@dataclass(frozen=True, slots=True)
class Priced:
    """An order's lines with what the catalogue says of them."""

    lines: Sequence[OrderLine]
    items: Sequence[ServiceItem]
    highest: Sequence[int]  # fen, of one unit: of the elder's community, when it was ordered

    @property
    def agreed(self) -> int | None:
        prices = [line.price_fen for line in self.lines]
        return None if None in prices else sum((price or 0) * line.quantity for price, line in zip(prices, self.lines, strict=True))

    @property
    def dearest(self) -> int:
        return sum(price * line.quantity for price, line in zip(self.highest, self.lines, strict=True))

    def billed(self, amount: int) -> list[BilledLine]:
        """The amount over the lines, by the agreed prices, or by quantity where there are none."""
        weights = [(line.price_fen or 0) * line.quantity for line in self.lines]
        if self.agreed is None or sum(weights) == 0:
            weights = [line.quantity for line in self.lines]
        shares = spread(amount, weights)
        return [BilledLine(item.code, item.category, fen) for item, fen in zip(self.items, shares, strict=True)]


async def settle(session: AsyncSession, actor: Actor, order_id: uuid.UUID, points: Points) -> Bill | None:
    """The bill of a verified visit, and the order is settled. Harmless twice. None: nothing to do, or the price waits for a person."""
    case, order = await lock_order(session, order_id)
    if order.state is not OrderState.VERIFIED:
        return None
    await _reverse_all(session, actor, order, points)
    known = await session.scalar(select(Bill).where(Bill.order_id == order.id, Bill.visit == order.visit))
    if known is None:
        centre = await get_values(session, get_settings())
        priced = await read_priced(session, order)
        if await _price_waits(session, actor, order, priced, centre):
            return None
        known = await _make(session, actor, order, priced, centre, points)
    # else: it was disputed, and the dispute was decided for the store
    await _settled(session, actor, case, order)
    return known


async def confirm_price(session: AsyncSession, actor: Actor, order_id: uuid.UUID, *, amount_fen: int, reason: str, points: Points) -> Bill:
    """A person has looked at an amount that stands out: it is billed. Conflict `price_changed`: it is another one than she saw."""
    _, order = await lock_order(session, order_id)
    if order.state is not OrderState.VERIFIED or order.attention != PRICE:
        raise Conflict("its price does not wait for anybody", code="price_not_waiting", details={"state": order.state})
    if order.amount_fen != amount_fen:
        raise Conflict("the amount is another one by now", code="price_changed", details={"amount_fen": order.amount_fen})
    if not reason.strip():
        raise Invalid("say why it is right", code="reason_needed")
    session.add(
        PriceConfirmation(
            order_id=order.id, visit=order.visit, amount_fen=amount_fen, reason=reason.strip(), at=clock.now(), by_id=actor.id, by_name=actor.name
        )
    )  # fmt: skip
    order.attention = ""
    await session.flush()
    await write_event(session, actor, order, "price_confirmed", {"amount_fen": amount_fen})
    bill = await settle(session, actor, order.id, points)
    assert bill is not None
    return bill


async def take_back_bills(session: AsyncSession, actor: Actor, order_id: uuid.UUID, points: Points) -> None:
    """Of visits that are done again, or of an order that was called off after it was settled. Harmless twice."""
    _, order = await lock_order(session, order_id)
    await _reverse_all(session, actor, order, points)


async def read_priced(session: AsyncSession, order: Order) -> Priced:
    lines = await list_lines(session, order.id)
    known = {
        item.id: item for item in await session.scalars(select(ServiceItem).where(ServiceItem.id.in_([line.item_id for line in lines])))
    }
    there = {item.code: item.price_max for item in await resolve_items(session, order.community_id, order.requested_at)}
    items = [known[line.item_id] for line in lines]
    return Priced(lines, items, [there.get(item.code, fen(item.price_max_cny)) for item in items])


def served_on(order: Order) -> date:
    """The local date of check-in, or today while there is none."""
    return (order.checked_in_at or clock.now()).astimezone(ZoneInfo(get_settings().timezone)).date()


async def parts_of(
    session: AsyncSession, order: Order, priced: Priced, amount: int, centre: CentreValues, points: Points, *, lock: bool
) -> list[Part]:
    """Who would pay this amount of this order. Others pay only where the order was placed as subsidised: then two proofs were asked for."""
    on = served_on(order)
    entitled = await list_counting(session, order.elder_id, on, lock=lock) if order.is_subsidised else ()
    used = await used_in(session, [one.id for one in entitled], month_of(on))
    lines, grants = priced.billed(amount), [grant_of(one, used.get(one.id, 0)) for one in entitled]
    share_bp = bp_of(centre, "points_share")
    at_most = points_at_most(share_out(lines, grants), share_bp)
    quoted = await points.quote(session, order.elder_id, at_most) if at_most else 0
    return share_out(lines, grants, points_fen=min(quoted, at_most), points_share_bp=share_bp)


def grant_of(row: Entitlement, used: int) -> Grant:
    return Grant(
        id=row.id, kind=row.kind, payer=row.payer, basis=row.basis, valid_from=row.valid_from, valid_to=row.valid_to, fixed_fen=row.fixed_fen,
        share_bp=row.share_bp, month_left_fen=None if row.month_cap_fen is None else row.month_cap_fen - used, job_cap_fen=row.job_cap_fen,
        items=row.items, categories=row.categories,
    )  # fmt: skip


def bp_of(centre: CentreValues, key: str) -> int:
    """A setting in percent, as hundredths of a percent."""
    return round(centre.number(key) * 100)


async def _price_waits(session: AsyncSession, actor: Actor, order: Order, priced: Priced, centre: CentreValues) -> bool:
    amount, agreed, dearest = order.amount_fen or 0, priced.agreed, priced.dearest
    if not is_too_dear(amount, agreed=agreed, dearest=dearest, tolerance_bp=bp_of(centre, "price_tolerance")):
        return False
    if await session.get(PriceConfirmation, (order.id, order.visit)) is not None:
        return False
    if order.attention != PRICE:
        order.attention = PRICE
        await write_event(session, actor, order, "price_high", {"amount_fen": amount, "agreed_fen": agreed, "dearest_fen": dearest})
        await touch_order(session, order)
    return True


async def _make(session: AsyncSession, actor: Actor, order: Order, priced: Priced, centre: CentreValues, points: Points) -> Bill:
    amount, on = order.amount_fen or 0, served_on(order)
    if not 0 <= amount <= DEAREST:
        raise Invalid("an amount lies between 0 and 50,000 yuan", code="bad_amount", details={"most_fen": DEAREST})
    assert order.store_id is not None
    parts = await parts_of(session, order, priced, amount, centre, points, lock=True)
    bill = Bill(
        id=new_id(), order_id=order.id, visit=order.visit, elder_id=order.elder_id, store_id=order.store_id, served_on=on, month=month_of(on),
        amount_fen=amount, agreed_fen=priced.agreed, fee_fen=min(amount, share_of(amount, bp_of(centre, "store_fee"))), made_at=clock.now(),
    )  # fmt: skip
    session.add(bill)
    await session.flush()
    for position, part in enumerate(parts):
        session.add(
            BillPart(
                bill_id=bill.id, position=position, kind=part.kind, entitlement_id=part.entitlement_id, payer=part.payer, fen=part.fen,
                month=bill.month, why=part.why,
                at=bill.made_at,
            )
        )  # fmt: skip
    await use_entitlements(session, bill.id, bill.month, {part.entitlement_id: part.fen for part in parts if part.entitlement_id})
    key = key_of(order.id, order.visit)
    for part in parts:
        if part.kind is PayerKind.POINTS:
            await points.reserve(session, order.elder_id, order.store_id, part.fen, key=key)
            await points.confirm(session, key=key)
    await session.flush()
    trace.noted(session, "bill", bill=bill.id, order=order.id, what="made")
    await audit(session, actor, "bill:made", bill.id, details={"order_id": str(order.id), "visit": order.visit, "amount_fen": amount})
    return bill


async def _settled(session: AsyncSession, actor: Actor, case: Case, order: Order) -> None:
    if order.attention == PRICE:
        order.attention = ""
    await settle_order(session, actor, case, order)


async def _reverse_all(session: AsyncSession, actor: Actor, order: Order, points: Points) -> None:
    """Precondition: the order is locked."""
    why = "cancelled" if order.state is OrderState.CANCELLED else "rework"
    statement = select(Bill).where(Bill.order_id == order.id, Bill.state != BillState.REVERSED).with_for_update()
    for bill in (await session.scalars(statement.order_by(Bill.visit).execution_options(populate_existing=True))).all():
        if why == "cancelled" or bill.visit < order.visit:
            await _reverse(session, actor, order, bill, why, points)


async def _reverse(session: AsyncSession, actor: Actor, order: Order, bill: Bill, why: str, points: Points) -> None:
    BILL.check(bill.state, BillState.REVERSED)
    today = clock.today(get_settings().timezone)
    bill.state, bill.reversed_at, bill.reversed_why, bill.reversed_month = BillState.REVERSED, clock.now(), why, month_of(today)
    bill.version += 1
    parts = await list_parts(session, [bill.id])
    for part in parts:
        session.add(
            BillPart(
                bill_id=bill.id, position=len(parts) + part.position, kind=part.kind, entitlement_id=part.entitlement_id, payer=part.payer,
                fen=-part.fen, month=bill.reversed_month, why={"reversed": why},
                at=bill.reversed_at, reverses_id=part.id,
            )
        )  # fmt: skip
    await give_back(session, bill.id)
    if any(part.kind is PayerKind.POINTS for part in parts):
        await points.void(session, order.elder_id, key=key_of(order.id, bill.visit))
    await session.flush()
    await audit(session, actor, "bill:reversed", bill.id, details={"order_id": str(order.id), "visit": bill.visit, "why": why})
    await write_event(session, actor, order, "bill_reversed", {"amount_fen": bill.amount_fen, "why": why})
    await touch_order(session, order)


async def list_parts(session: AsyncSession, bill_ids: Collection[uuid.UUID]) -> Sequence[BillPart]:
    """By bill and position, with reversals."""
    found = select(BillPart).where(BillPart.bill_id.in_(bill_ids)).order_by(BillPart.bill_id, BillPart.position)
    return (await session.scalars(found)).all()
