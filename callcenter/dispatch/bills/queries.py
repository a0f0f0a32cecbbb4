"""All reads of bills, claim lists and statements. Every sum is made from the rows of `bill_parts`, nothing is kept beside them."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.centre.rules import CentreValues
from callcenter.dispatch.bills.actions import PRICE, bp_of, list_parts, parts_of, read_priced
from callcenter.dispatch.bills.models import Bill, BillPart, Claim, ClaimLine, ClaimRefusal
from callcenter.dispatch.bills.points import Points
from callcenter.dispatch.bills.rules import Part, is_too_dear
from callcenter.dispatch.bills.schemas import (
    BillsOfOrder,
    BillView,
    ClaimHead,
    ClaimLineView,
    Earnings,
    PartView,
    Preview,
    PriceToConfirm,
    RefusalView,
    StatementLine,
    StoreLine,
    StoreStatement,
    StoreStatements,
    Sums,
)
from callcenter.dispatch.entitlements.models import Entitlement, EntitlementUse, PayerKind
from callcenter.dispatch.entitlements.rules import month_of
from callcenter.dispatch.entitlements.schemas import UseView
from callcenter.dispatch.orders.errors import OrderNotFound
from callcenter.dispatch.orders.models import Order, OrderLine
from callcenter.dispatch.orders.states import OrderState
from callcenter.dispatch.stores.models import Store
from callcenter.kit import clock
from callcenter.kit.errors import NotFound
from callcenter.settings import get_settings

_OF_BILL = (Bill.id, Bill.order_id, Bill.store_id, Bill.visit, Bill.served_on, Bill.month, Bill.reversed_month, Bill.fee_fen)


def month_from(text: str) -> date:
    """ "2026-02" → its first day."""
    return date.fromisoformat(f"{text}-01")


async def get_order(session: AsyncSession, order_id: uuid.UUID) -> Order:
    found = await session.get(Order, order_id)
    if found is None:
        raise OrderNotFound("no such order")
    return found


async def items_of_orders(session: AsyncSession, order_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """In words: 日常保洁×2、取药."""
    found: dict[uuid.UUID, list[str]] = defaultdict(list)
    lines = select(OrderLine).where(OrderLine.order_id.in_(order_ids)).order_by(OrderLine.order_id, OrderLine.position)
    for line in await session.scalars(lines):
        found[line.order_id].append(line.name if line.quantity == 1 else f"{line.name}×{line.quantity}")
    return {order_id: "、".join(found[order_id]) for order_id in order_ids}


# --- of one order ------------------------------------------------------------------------------------------------------------


async def preview(session: AsyncSession, order: Order, amount: int | None, centre: CentreValues, points: Points) -> Preview:
    """`amount` None: what the store asks for, else what was agreed, else nothing."""
    priced = await read_priced(session, order)
    fen = amount if amount is not None else order.amount_fen if order.amount_fen is not None else priced.agreed or 0
    parts = await parts_of(session, order, priced, fen, centre, points, lock=False)
    dear = is_too_dear(fen, agreed=priced.agreed, dearest=priced.dearest, tolerance_bp=bp_of(centre, "price_tolerance"))
    return Preview(
        amount_fen=fen, parts=[part_view(part) for part in parts], agreed_fen=priced.agreed, dearest_fen=priced.dearest, too_dear=dear
    )


async def bills_of_order(session: AsyncSession, order: Order, centre: CentreValues) -> BillsOfOrder:
    rows = (await session.scalars(select(Bill).where(Bill.order_id == order.id).order_by(Bill.visit))).all()
    price = None
    if order.attention == PRICE and order.state is OrderState.VERIFIED:
        priced = await read_priced(session, order)
        tolerance = centre.number("price_tolerance")
        price = PriceToConfirm(amount_fen=order.amount_fen or 0, agreed_fen=priced.agreed, dearest_fen=priced.dearest, tolerance=tolerance)
    parts: dict[uuid.UUID, list[PartView]] = defaultdict(list)
    for part in await list_parts(session, [row.id for row in rows]):
        parts[part.bill_id].append(part_view(part))
    fields = [name for name in BillView.model_fields if name != "parts"]
    return BillsOfOrder(bills=[BillView(**{f: getattr(row, f) for f in fields}, parts=parts[row.id]) for row in rows], price=price)


def part_view(part: Part | BillPart) -> PartView:
    return PartView(kind=part.kind, payer=part.payer, entitlement_id=part.entitlement_id, fen=part.fen, why=part.why)


async def uses_of(session: AsyncSession, ids: Collection[uuid.UUID], month: date) -> list[UseView]:
    """What bills took from these entitlements in a month, newest first."""
    rows = await session.execute(
        select(EntitlementUse, Entitlement.payer, Order.number, Order.id, Bill.served_on)
        .join(Entitlement, Entitlement.id == EntitlementUse.entitlement_id)
        .join(Bill, Bill.id == EntitlementUse.bill_id)
        .join(Order, Order.id == Bill.order_id)
        .where(EntitlementUse.entitlement_id.in_(ids), EntitlementUse.month == month)
        .order_by(EntitlementUse.id.desc())
        .limit(500)
    )
    return [
        UseView(
            at=use.at, entitlement_id=use.entitlement_id, payer=payer, order_number=number, order_id=order_id, served_on=on, fen=use.fen
        )
        for use, payer, number, order_id, on in rows
    ]


# --- claim lists -------------------------------------------------------------------------------------------------------------


async def get_claim(session: AsyncSession, claim_id: uuid.UUID) -> Claim:
    found = await session.get(Claim, claim_id, populate_existing=True)
    if found is None:
        raise NotFound("no such claim list", code="claim_not_found")
    return found


async def list_claims(session: AsyncSession, month: date) -> Sequence[Claim]:
    return (await session.scalars(select(Claim).where(Claim.month == month).order_by(Claim.kind, Claim.payer))).all()


def claim_head(claim: Claim) -> ClaimHead:
    return ClaimHead(**{field: getattr(claim, field) for field in ClaimHead.model_fields if hasattr(claim, field)})


async def list_claim_lines(session: AsyncSession, claim_id: uuid.UUID) -> list[tuple[ClaimLineView, uuid.UUID]]:
    """With whose each is, so that names are masked for whoever may not see her."""
    rows = await session.execute(
        select(ClaimLine, ClaimRefusal)
        .outerjoin(ClaimRefusal, ClaimRefusal.line_id == ClaimLine.id)
        .where(ClaimLine.claim_id == claim_id)
        .order_by(ClaimLine.position)
    )
    return [(_claim_line(line, refusal), line.elder_id) for line, refusal in rows]


def _claim_line(line: ClaimLine, refusal: ClaimRefusal | None) -> ClaimLineView:
    told = RefusalView(reason=refusal.reason, again=refusal.again, at=refusal.at, by=refusal.by_name) if refusal else None
    fields = [name for name in ClaimLineView.model_fields if name != "refusal"]
    return ClaimLineView(**{field: getattr(line, field) for field in fields}, refusal=told)


# --- statements --------------------------------------------------------------------------------------------------------------


async def statement_of_store(session: AsyncSession, store_id: uuid.UUID, month: date) -> StoreStatement:
    """A visit counts in the month of its check-in; what is taken back counts, below zero, in the month in which it was taken back."""
    store = await session.get(Store, store_id)
    if store is None:
        raise NotFound("no such store", code="store_not_found")
    lines = (await _lines(session, month, Bill.store_id == store_id)).get(store_id, [])
    today = month_of(clock.today(get_settings().timezone))
    return StoreStatement(
        store_id=store.id, store_code=store.code, store=store.name, month=month, complete=month < today, made_at=clock.now(),
        lines=lines, sums=sums_of(lines),
    )  # fmt: skip


async def list_statements(session: AsyncSession, month: date) -> StoreStatements:
    """Every store that has a line in it, those that earn most first."""
    found = await _lines(session, month)
    stores = {row.id: row for row in await session.execute(select(Store.id, Store.code, Store.name).where(Store.id.in_(found)))}
    made = [StoreLine(store_id=i, store_code=stores[i].code, store=stores[i].name, sums=sums_of(lines)) for i, lines in found.items()]
    made.sort(key=lambda line: (-line.sums.amount_fen, line.store_code))
    return StoreStatements(month=month, stores=made, sums=sums_of([line for lines in found.values() for line in lines]))


async def earnings_of_store(session: AsyncSession, store_id: uuid.UUID) -> Earnings:
    """This month so far, in the centre's time zone."""
    today = clock.today(get_settings().timezone)
    lines = (await statement_of_store(session, store_id, month_of(today))).lines
    waiting = select(func.coalesce(func.sum(Order.amount_fen), 0)).where(awaits_bill(store_id))
    return Earnings(
        month=month_of(today),
        today_fen=sum(line.amount_fen for line in lines if line.served_on == today and not line.reversal),
        month_orders=sums_of(lines).orders,
        month_fen=sum(line.amount_fen for line in lines),
        waiting_fen=int(await session.scalar(waiting) or 0),
    )


def awaits_bill(store_id: uuid.UUID) -> ColumnElement[bool]:
    """Orders whose last visit this store has done, and which has no bill yet."""
    billed = select(Bill.id).where(Bill.order_id == Order.id, Bill.visit == Order.visit).exists()
    return and_(Order.store_id == store_id, Order.state.in_((OrderState.DONE, OrderState.VERIFIED, OrderState.DISPUTED)), ~billed)


def sums_of(lines: Iterable[StatementLine]) -> Sums:
    orders = amount = fee = 0
    by_kind: dict[PayerKind, int] = defaultdict(int)
    for line in lines:
        orders += -1 if line.reversal else 1
        amount += line.amount_fen
        fee += line.fee_fen
        for kind, fen in line.by_kind.items():
            by_kind[kind] += fen
    at_door = by_kind.get(PayerKind.SELF_PAY, 0)
    return Sums(
        orders=orders, amount_fen=amount, by_kind={kind: by_kind[kind] for kind in PayerKind if by_kind.get(kind)}, at_door_fen=at_door,
        from_centre_fen=amount - at_door, fee_fen=fee, net_fen=amount - fee, transfer_fen=amount - at_door - fee,
    )  # fmt: skip


async def _lines(session: AsyncSession, month: date, *conditions: ColumnElement[bool]) -> dict[uuid.UUID, list[StatementLine]]:
    """By store. One line for each bill of the month, and one for each that was taken back in it. Read by column: the stores' role may read these alone."""
    rows = (
        await session.execute(
            select(*_OF_BILL, Order.number)
            .join(Order, Order.id == Bill.order_id)
            .where(or_(Bill.month == month, Bill.reversed_month == month), *conditions)
            .order_by(Bill.served_on, Order.number, Bill.visit)
        )
    ).all()
    items = await items_of_orders(session, {bill.order_id for bill in rows})
    sums: dict[tuple[uuid.UUID, bool], dict[PayerKind, int]] = defaultdict(lambda: defaultdict(int))
    parts = select(BillPart.bill_id, BillPart.kind, BillPart.fen).where(BillPart.bill_id.in_([bill.id for bill in rows]))
    for bill_id, kind, fen in await session.execute(parts):
        sums[(bill_id, fen < 0)][kind] += fen
    found: dict[uuid.UUID, list[StatementLine]] = defaultdict(list)
    for bill in rows:
        for reversal, of in ((False, bill.month), (True, bill.reversed_month)):
            if of == month:
                found[bill.store_id].append(_line(bill, items[bill.order_id], dict(sums[(bill.id, reversal)]), reversal))
    return found


def _line(bill: Row[*tuple[Any, ...]], items: str, by_kind: dict[PayerKind, int], reversal: bool) -> StatementLine:
    fields: dict[str, Any] = {"bill_id": bill.id, "order_id": bill.order_id, "visit": bill.visit, "served_on": bill.served_on}
    fee = -bill.fee_fen if reversal else bill.fee_fen
    return StatementLine(
        **fields, order_number=bill.number, items=items, amount_fen=sum(by_kind.values()), by_kind=by_kind, fee_fen=fee, reversal=reversal
    )
