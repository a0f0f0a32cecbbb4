"""Claim lists: what one payer is asked for. Closed once a month into a snapshot; what is billed late, taken back or claimed again goes into the next list."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Row, Select, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.dispatch.bills.models import Bill, BillPart, Claim, ClaimLine, ClaimRefusal
from callcenter.dispatch.bills.queries import items_of_orders
from callcenter.dispatch.bills.states import BILL, CLAIM, BillState, ClaimState
from callcenter.dispatch.entitlements.models import PayerKind
from callcenter.dispatch.entitlements.rules import month_of
from callcenter.dispatch.orders.models import Order
from callcenter.dispatch.orders.states import OrderState
from callcenter.dispatch.stores.models import Store
from callcenter.elders.models import Elder
from callcenter.kit import clock
from callcenter.kit.errors import Conflict, NotFound
from callcenter.kit.ids import new_id
from callcenter.settings import get_settings


class ClaimNotFound(NotFound):
    code = "claim_not_found"


@dataclass(frozen=True, slots=True)
class OpenClaim:
    """What would stand in the list if it were closed now."""

    kind: PayerKind
    payer: str
    lines: int
    total_fen: int


def claimable(month: date) -> Select[BillPart, Bill]:
    """Parts up to this month that no payer was asked for yet, or is to be asked again. What was billed and taken back without having been
    claimed is left out on both sides; what is disputed waits."""
    taken_back, original = aliased(BillPart), aliased(BillPart)
    stands_in_list = exists().where(
        ClaimLine.part_id == BillPart.id,
        ~exists().where(ClaimRefusal.line_id == ClaimLine.id, ClaimRefusal.again),
    )
    was_claimed = exists().where(
        ClaimLine.part_id == original.id,
        original.id == BillPart.reverses_id,
        ~exists().where(ClaimRefusal.line_id == ClaimLine.id),
    )
    is_taken_back = exists().where(taken_back.reverses_id == BillPart.id)
    return (
        select(BillPart, Bill)
        .join(Bill, Bill.id == BillPart.bill_id)
        .join(Order, Order.id == Bill.order_id)
        .where(
            BillPart.entitlement_id.is_not(None),
            BillPart.month <= month,
            ~stands_in_list,
            ((BillPart.fen > 0) & ~is_taken_back & (Order.state == OrderState.SETTLED)) | ((BillPart.fen < 0) & was_claimed),
        )
    )


async def list_open(session: AsyncSession, month: date) -> list[OpenClaim]:
    found = claimable(month).with_only_columns(BillPart.kind, BillPart.payer, func.count(), func.sum(BillPart.fen))
    rows = await session.execute(found.group_by(BillPart.kind, BillPart.payer).order_by(BillPart.kind, BillPart.payer))
    return [OpenClaim(kind, payer, int(lines), int(fen)) for kind, payer, lines, fen in rows]


def is_over(month: date) -> bool:
    return month < month_of(clock.today(get_settings().timezone))


async def close_claim(session: AsyncSession, actor: Actor, *, kind: PayerKind, payer: str, month: date) -> Claim:
    """The snapshot. Conflict `month_not_over`, `claim_closed` (there is one for this month), `nothing_to_claim`."""
    CLAIM.check(ClaimState.OPEN, ClaimState.CLOSED)
    if not is_over(month):
        raise Conflict("this month is not over yet", code="month_not_over")
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"claim:{kind}:{payer}", 0))))
    if await session.scalar(select(Claim.id).where(Claim.kind == kind, Claim.payer == payer, Claim.month == month)):
        raise Conflict("this list is closed already", code="claim_closed")
    mine = claimable(month).where(BillPart.kind == kind, BillPart.payer == payer).order_by(Bill.id).with_for_update(of=Bill)
    found = (await session.execute(mine)).all()
    if not found:
        raise Conflict("there is nothing to claim", code="nothing_to_claim")
    claim = Claim(
        id=new_id(), kind=kind, payer=payer, month=month, state=ClaimState.CLOSED, lines=len(found), total_fen=sum(part.fen for part, _ in found),
        closed_at=clock.now(), closed_by=actor.name,
    )  # fmt: skip
    session.add(claim)
    await session.flush()
    await _write_lines(session, claim, found)
    await move_bills(session, [bill.id for _, bill in found])
    await audit(
        session, actor, "claim:closed", claim.id, details={"month": month.isoformat(), "lines": claim.lines, "total_fen": claim.total_fen}
    )
    return claim


async def _write_lines(session: AsyncSession, claim: Claim, found: Sequence[Row[BillPart, Bill]]) -> None:
    bills = {bill.id: bill for _, bill in found}
    orders = [bill.order_id for bill in bills.values()]
    numbers = {row.id: row.number for row in await session.execute(select(Order.id, Order.number).where(Order.id.in_(orders)))}
    items = await items_of_orders(session, orders)
    elder_ids = [bill.elder_id for bill in bills.values()]
    elders = {row.id: row for row in await session.execute(select(Elder.id, Elder.name, Elder.card_number).where(Elder.id.in_(elder_ids)))}
    store_ids = [bill.store_id for bill in bills.values()]
    stores = {row.id: row.name for row in await session.execute(select(Store.id, Store.name).where(Store.id.in_(store_ids)))}
    in_order = sorted(found, key=lambda one: (one[1].served_on, numbers[one[1].order_id], one[0].position))
    for position, (part, bill) in enumerate(in_order):
        elder = elders[bill.elder_id]
        session.add(
            ClaimLine(
                claim_id=claim.id, position=position, part_id=part.id, bill_id=bill.id, elder_id=bill.elder_id,
                order_number=numbers[bill.order_id], served_on=bill.served_on, elder_name=elder.name, card_number=elder.card_number or "",
                items=items[bill.order_id], store=stores[bill.store_id], amount_fen=bill.amount_fen, fen=part.fen, at=claim.closed_at,
            )
        )  # fmt: skip
    await session.flush()


async def lock_claim(session: AsyncSession, claim_id: uuid.UUID, version: int) -> Claim:
    found = await session.scalar(select(Claim).where(Claim.id == claim_id).with_for_update().execution_options(populate_existing=True))
    if found is None:
        raise ClaimNotFound("no such claim list")
    if found.version != version:
        raise Conflict("somebody has changed it meanwhile; look again", code="claim_changed", details={"version": found.version})
    return found


async def send_claim(session: AsyncSession, actor: Actor, claim_id: uuid.UUID, *, version: int) -> Claim:
    """It was handed to the payer."""
    claim = await lock_claim(session, claim_id, version)
    CLAIM.check(claim.state, ClaimState.SENT)
    claim.state, claim.sent_at = ClaimState.SENT, clock.now()
    await _changed(session, actor, claim, "sent")
    return claim


async def refuse_line(
    session: AsyncSession, actor: Actor, claim_id: uuid.UUID, *, version: int, line_id: uuid.UUID, reason: str, again: bool
) -> Claim:
    """The payer does not pay it. `again`: it goes into the next list; else nobody pays it, and the centre bears it."""
    claim = await lock_claim(session, claim_id, version)
    if claim.state is not ClaimState.SENT:
        raise Conflict("only of a list that was sent and is not paid", code="claim_not_sent", details={"state": claim.state})
    line = await session.scalar(select(ClaimLine).where(ClaimLine.id == line_id, ClaimLine.claim_id == claim.id))
    if line is None:
        raise ClaimNotFound("no such line in this list", code="claim_line_not_found")
    if await session.scalar(select(ClaimRefusal.id).where(ClaimRefusal.line_id == line.id)):
        raise Conflict("it is refused already", code="line_refused")
    session.add(ClaimRefusal(line_id=line.id, reason=reason, again=again, at=clock.now(), by_id=actor.id, by_name=actor.name))
    claim.refused_fen += line.fen
    await session.flush()
    await move_bills(session, [line.bill_id])
    await _changed(session, actor, claim, "line-refused", {"line_id": str(line.id), "again": again})
    return claim


async def pay_claim(session: AsyncSession, actor: Actor, claim_id: uuid.UUID, *, version: int, paid_fen: int) -> Claim:
    """What was paid is its total less what was refused; anything else is a Conflict `paid_differs`: first say which lines were refused."""
    claim = await lock_claim(session, claim_id, version)
    CLAIM.check(claim.state, ClaimState.PAID)
    due = claim.total_fen - claim.refused_fen
    if paid_fen != due:
        raise Conflict("another sum than the list asks for", code="paid_differs", details={"due_fen": due, "paid_fen": paid_fen})
    claim.state, claim.paid_at, claim.paid_fen = ClaimState.PAID, clock.now(), paid_fen
    await session.flush()
    bills = (await session.scalars(select(ClaimLine.bill_id).where(ClaimLine.claim_id == claim.id).distinct())).all()
    await move_bills(session, bills)
    await _changed(session, actor, claim, "paid", {"paid_fen": paid_fen})
    return claim


async def move_bills(session: AsyncSession, bill_ids: Sequence[uuid.UUID]) -> None:
    """Each to what its parts say: claimed when every payer was asked, paid when every payer has paid. A line that was given up asks nobody any more."""
    statement = select(Bill).where(Bill.id.in_(bill_ids), Bill.state != BillState.REVERSED).order_by(Bill.id).with_for_update()
    bills = (await session.scalars(statement.execution_options(populate_existing=True))).all()
    asked: dict[uuid.UUID, list[BillState]] = {bill.id: [] for bill in bills}
    for bill_id, state in await session.execute(_standing([bill.id for bill in bills])):
        asked[bill_id].append({None: BillState.MADE, ClaimState.PAID: BillState.PAID}.get(state, BillState.CLAIMED))
    for bill in bills:
        states = set(asked[bill.id])
        wanted = BillState.MADE if BillState.MADE in states else BillState.CLAIMED if BillState.CLAIMED in states else BillState.PAID
        steps = {BillState.PAID: (BillState.CLAIMED, BillState.PAID)}.get(wanted, (wanted,))
        for step in steps:
            if bill.state is not step and bill.state is not wanted:
                BILL.check(bill.state, step)
                bill.state = step
                bill.version += 1
    await session.flush()


def _standing(bill_ids: Sequence[uuid.UUID]) -> Select[uuid.UUID, ClaimState | None]:
    """Of each part that another pays: the state of the list that it counts in; None: of none."""
    again = exists().where(ClaimRefusal.line_id == ClaimLine.id, ClaimRefusal.again)
    counting = (
        select(ClaimLine.part_id, Claim.state).join(Claim, Claim.id == ClaimLine.claim_id).where(ClaimLine.bill_id.in_(bill_ids), ~again)
    ).subquery()
    return (
        select(BillPart.bill_id, counting.c.state)
        .outerjoin(counting, counting.c.part_id == BillPart.id)
        .where(BillPart.bill_id.in_(bill_ids), BillPart.entitlement_id.is_not(None), BillPart.fen > 0)
    )


async def _changed(session: AsyncSession, actor: Actor, claim: Claim, verb: str, details: dict[str, object] | None = None) -> None:
    claim.version += 1
    await session.flush()
    await audit(session, actor, f"claim:{verb}", claim.id, details=details)
