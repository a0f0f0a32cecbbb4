"""What was redeemed where, whose points they were, and what a month comes to."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.centre.queries import get_values
from callcenter.kit.errors import NotFound
from callcenter.points.ledger.accounts import Whose
from callcenter.points.ledger.kinds import EntryKind, Ledger, Pocket
from callcenter.points.ledger.models import LedgerAccount, LedgerEntry, LedgerLot, LedgerPosting
from callcenter.points.ledger.rules import month_end
from callcenter.points.settlement.models import PointsSettlement, PointsSettlementLine, PointsSettlementPayment
from callcenter.points.settlement.rules import Owed, Position, fee_points, month_of, net, next_month, owed_for
from callcenter.points.settlement.states import SettlementState
from callcenter.settings import get_settings

Lots = dict[tuple[Whose, Whose], dict[uuid.UUID, int]]  # (issuer, redeemer) → lot → points


@dataclass(frozen=True, slots=True)
class Month:
    """As it was closed, or as it would be if it were closed now."""

    month: date
    state: SettlementState
    id: uuid.UUID | None
    version: int
    fee_bp: int
    closed_at: datetime | None
    closed_by: str
    lines: list[Owed]
    positions: list[Position]
    payments: dict[Whose, PointsSettlementPayment]


async def unsettled(session: AsyncSession, until: date) -> Lots:
    """What lies in the pockets of redeemers of the days up to this one. A month's settlement takes out what it has settled, whenever that was booked:
    so what came late into a month that was closed (booked a moment before midnight, committed after) is in the next one, and nothing is lost."""
    rows = await session.execute(
        select(
            LedgerLot.issuer, LedgerLot.issuer_id, LedgerAccount.holder, LedgerAccount.holder_id, LedgerLot.id,
            func.sum(LedgerPosting.amount).label("points"),
        )
        .join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
        .join(LedgerEntry, LedgerEntry.id == LedgerPosting.entry_id)
        .join(LedgerLot, LedgerLot.id == LedgerPosting.lot_id)
        .where(*_REDEEMED, or_(LedgerPosting.booked_on <= until, LedgerEntry.kind == EntryKind.SETTLE))
        .group_by(LedgerLot.issuer, LedgerLot.issuer_id, LedgerAccount.holder, LedgerAccount.holder_id, LedgerLot.id)
        .having(func.sum(LedgerPosting.amount) != 0)
    )  # fmt: skip
    found: Lots = defaultdict(dict)
    for row in rows:
        found[Whose(row.issuer, row.issuer_id), Whose(row.holder, row.holder_id)][row.id] = int(row.points)
    return dict(found)


def matrix_of(lots: Lots) -> dict[tuple[Whose, Whose], int]:
    return {pair: sum(parts.values()) for pair, parts in lots.items()}


async def fee_at_end_of(session: AsyncSession, month: date) -> int:
    last = datetime.combine(next_month(month), time(), ZoneInfo(get_settings().timezone)) - timedelta(microseconds=1)
    return fee_points((await get_values(session, get_settings(), at=last)).number("points_settlement_fee"))


async def next_to_close(session: AsyncSession) -> date | None:
    """The month after the last one that was closed; the first in which anything was redeemed. None: nothing ever was."""
    if (last := await session.scalar(select(func.max(PointsSettlement.month)))) is not None:
        return next_month(last)
    first = select(func.min(LedgerPosting.booked_on)).join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
    begun = await session.scalar(first.where(*_REDEEMED))
    return month_of(begun) if begun else None


async def read_month(session: AsyncSession, month: date) -> Month:
    closed = await session.scalar(select(PointsSettlement).where(PointsSettlement.month == month))
    if closed is None:
        fee_bp = await fee_at_end_of(session, month)
        opened = await next_to_close(session)
        lots = await unsettled(session, month_end(month)) if opened is not None and month >= opened else {}
        lines = owed_for(matrix_of(lots), fee_bp)
        return Month(month, SettlementState.OPEN, None, 0, fee_bp, None, "", lines, net(lines), {})
    rows = await session.scalars(
        select(PointsSettlementLine).where(PointsSettlementLine.settlement_id == closed.id).order_by(PointsSettlementLine.id)
    )
    lines = [Owed(row.of_issuer, row.of_redeemer, row.points, row.fen, row.fee_fen) for row in rows]
    paid = await session.scalars(select(PointsSettlementPayment).where(PointsSettlementPayment.settlement_id == closed.id))
    payments = {Whose(row.holder, row.holder_id): row for row in paid}
    return Month(
        month, closed.state, closed.id, closed.version, closed.fee_bp, closed.closed_at, closed.closed_by, lines, net(lines), payments
    )  # fmt: skip


async def list_settlements(session: AsyncSession) -> Sequence[PointsSettlement]:
    """The newest first."""
    return (await session.scalars(select(PointsSettlement).order_by(PointsSettlement.month.desc()).limit(120))).all()


async def get_settlement(session: AsyncSession, settlement_id: uuid.UUID) -> PointsSettlement:
    """Locked."""
    wanted = (
        select(PointsSettlement).where(PointsSettlement.id == settlement_id).with_for_update().execution_options(populate_existing=True)
    )
    found = (await session.scalars(wanted)).one_or_none()
    if found is None:
        raise NotFound("no such settlement", code="settlement_not_found")
    return found


async def months_of(session: AsyncSession, whose: Whose, *, limit: int = 12) -> list[date]:
    """Closed months in which this one has a line, the newest first."""
    line = PointsSettlementLine
    issued = (line.issuer == whose.holder) & line.issuer_id.is_not_distinct_from(whose.id)
    redeemed = (line.redeemer == whose.holder) & line.redeemer_id.is_not_distinct_from(whose.id)
    rows = select(PointsSettlement.month).join(PointsSettlementLine, PointsSettlementLine.settlement_id == PointsSettlement.id)
    return list(
        (await session.scalars(rows.where(issued | redeemed).distinct().order_by(PointsSettlement.month.desc()).limit(limit))).all()
    )


_REDEEMED = (LedgerAccount.ledger == Ledger.PT, LedgerAccount.pocket == Pocket.REDEEMED)
