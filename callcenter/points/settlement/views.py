"""A month with names, and what one of its parties sees of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.dispatch.stores.models import Store
from callcenter.kit import clock
from callcenter.points.ledger.accounts import Whose
from callcenter.points.ledger.kinds import Holder
from callcenter.points.ledger.models import LedgerBlock
from callcenter.points.settlement.reading import Month, next_to_close, read_month
from callcenter.points.settlement.rules import Owed, Position, month_of
from callcenter.points.settlement.schemas import Party, PaymentView, PositionView, SettlementLineView, SettlementView
from callcenter.points.spending.models import PointsPartner
from callcenter.settings import get_settings

Names = dict[Whose, str]


@dataclass(frozen=True, slots=True)
class Statement:
    """Of one party; `lines` are those in which it stands. `head`: hash of the books' last block, hex."""

    month: Month
    whose: Whose
    names: Names
    lines: list[Owed]
    position: Position
    head: str


async def names_of(session: AsyncSession, parties: Collection[Whose]) -> Names:
    """The centre has none here: the reader's language has a word for it."""
    stores = {one.id for one in parties if one.holder is Holder.STORE}
    partners = {one.id for one in parties if one.holder is Holder.PARTNER}
    found: Names = {}
    for row in await session.execute(select(Store.id, Store.name).where(Store.id.in_(stores))):
        found[Whose(Holder.STORE, row.id)] = row.name
    for row in await session.execute(select(PointsPartner.id, PointsPartner.name).where(PointsPartner.id.in_(partners))):
        found[Whose(Holder.PARTNER, row.id)] = row.name
    return found


async def view_month(session: AsyncSession, first: date) -> SettlementView:
    month = await read_month(session, first)
    names = await names_of(session, [one.whose for one in month.positions])

    def party(whose: Whose) -> Party:
        return Party(holder=whose.holder, id=whose.id, name=names.get(whose, ""))

    positions = []
    for one in month.positions:
        paid = month.payments.get(one.whose)
        payment = PaymentView(paid_on=paid.paid_on, reference=paid.reference, recorded_by=paid.recorded_by) if paid else None
        positions.append(
            PositionView(
                party=party(one.whose), issued_fen=one.issued_fen, redeemed_fen=one.redeemed_fen, fee_fen=one.fee_fen, net_fen=one.net_fen,
                payment=payment,
            )
        )  # fmt: skip
    over = first < month_of(clock.today(get_settings().timezone))
    return SettlementView(
        id=month.id, month=first, state=month.state, may_close=over and first == await next_to_close(session), fee_bp=month.fee_bp,
        closed_at=month.closed_at, closed_by=month.closed_by, positions=positions,
        lines=[
            SettlementLineView(issuer=party(one.issuer), redeemer=party(one.redeemer), points=one.points, fen=one.fen, fee_fen=one.fee_fen)
            for one in month.lines
        ],
    )  # fmt: skip


async def read_statement(session: AsyncSession, first: date, whose: Whose) -> Statement:
    """All zero where it has no line in that month."""
    month = await read_month(session, first)
    lines = [one for one in month.lines if whose in (one.issuer, one.redeemer)]
    position = next((one for one in month.positions if one.whose == whose), Position(whose, 0, 0, 0))
    last = await session.scalar(select(LedgerBlock.hash).order_by(LedgerBlock.number.desc()).limit(1))
    names = await names_of(session, {whose, *(one.issuer for one in lines), *(one.redeemer for one in lines)})
    return Statement(month, whose, names, lines, position, bytes(last).hex() if last else "")
