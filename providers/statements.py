"""A store's month: the official statement (`dispatch.bills`), and for each visit who went and what became of it. No sum is made here."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.dispatch.bills import queries as bills
from callcenter.dispatch.bills.schemas import StatementLine as BilledVisit
from callcenter.dispatch.bills.schemas import StoreStatement
from callcenter.dispatch.entitlements.models import PayerKind
from callcenter.dispatch.entitlements.rules import month_of
from callcenter.dispatch.orders.models import Order
from callcenter.dispatch.orders.states import OrderState
from callcenter.dispatch.stores.models import ProviderPerson
from callcenter.kit import clock
from callcenter.reports.statements import as_csv, statement_rows
from callcenter.settings import get_settings
from providers.schemas import Statement, StatementLine

WORDS = {OrderState.SETTLED: "已结算", OrderState.DISPUTED: "有争议"}
REMARK = 3  # its place in a row of the official file; here it stands in the state


async def read_statement(session: AsyncSession, store_id: uuid.UUID, month: str) -> Statement:
    """Nothing in it names the elder."""
    first = bills.month_from(month)
    official = await bills.statement_of_store(session, store_id, first)
    goes_on = first == month_of(clock.today(get_settings().timezone))
    lines = [*await _billed(session, official), *await _waiting(session, store_id, first)]
    return Statement(
        store_id=store_id,
        month=month,
        complete=official.complete,
        sums=official.sums,
        earnings=await bills.earnings_of_store(session, store_id) if goes_on else None,
        lines=sorted(lines, key=lambda line: line.day),
    )


async def read_csv(session: AsyncSession, store_id: uuid.UUID, month: str) -> bytes:
    """The office's own rows and sums, with who went and what became of it."""
    official = await bills.statement_of_store(session, store_id, bills.month_from(month))
    head, *rows, total = statement_rows(official, "zh")
    visits = await _billed(session, official)
    made = [_row(head, "上门人", "状态")]
    made += [_row(row, visit.worker, row[REMARK] or WORDS[visit.state]) for row, visit in zip(rows, visits, strict=True)]
    return as_csv([*made, _row(total, "", "")])


def _row(official: list[str], worker: str, state: str) -> list[str]:
    return [*official[:REMARK], worker, state, *official[REMARK + 1 :]]


async def _billed(session: AsyncSession, official: StoreStatement) -> list[StatementLine]:
    """One for each line of the official statement, in its order."""
    found = await session.execute(
        select(Order.id, Order.visit, Order.state, ProviderPerson.name)
        .outerjoin(ProviderPerson, ProviderPerson.id == Order.worker_id)
        .where(Order.id.in_({line.order_id for line in official.lines}), Order.store_id == official.store_id)
    )
    now = {(order_id, visit): (state, worker or "") for order_id, visit, state, worker in found}
    return [_seen(line, *now.get((line.order_id, line.visit), (OrderState.SETTLED, ""))) for line in official.lines]


def _seen(line: BilledVisit, state: OrderState, worker: str) -> StatementLine:
    return StatementLine(
        order_id=line.order_id,
        number=line.order_number,
        day=line.served_on,
        items=line.items,
        worker=worker,
        state=OrderState.DISPUTED if state is OrderState.DISPUTED else OrderState.SETTLED,
        amount_fen=line.amount_fen,
        at_door_fen=line.by_kind.get(PayerKind.SELF_PAY, 0),
    )


async def _waiting(session: AsyncSession, store_id: uuid.UUID, first: date) -> list[StatementLine]:
    """Done in this month by the local day of check-in, as bills count it, and without one."""
    zone = ZoneInfo(get_settings().timezone)
    begins, ends = _span(first, zone)
    rows = await session.execute(
        select(Order.id, Order.number, Order.checked_in_at, Order.state, Order.amount_fen, ProviderPerson.name)
        .outerjoin(ProviderPerson, ProviderPerson.id == Order.worker_id)
        .where(bills.awaits_bill(store_id), Order.checked_in_at >= begins, Order.checked_in_at < ends)
    )
    found = rows.all()
    items = await bills.items_of_orders(session, [row.id for row in found])
    return [
        StatementLine(
            order_id=row.id,
            number=row.number,
            day=row.checked_in_at.astimezone(zone).date(),
            items=items[row.id],
            worker=row.name or "",
            state=row.state,
            amount_fen=row.amount_fen or 0,
            at_door_fen=None,
        )
        for row in found
    ]


def _span(first: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """A month's first moment and the next month's, UTC."""
    begins = datetime(first.year, first.month, 1, tzinfo=zone)
    ends = datetime(first.year + first.month // 12, first.month % 12 + 1, 1, tzinfo=zone)
    return begins.astimezone(UTC), ends.astimezone(UTC)
