"""What the scheme answers for, by who gave it out and by when it is lost."""

from __future__ import annotations

import uuid
from datetime import date

from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.points.checks.nights import liability_of
from callcenter.points.ledger.accounts import EXPIRED, FUND, balance_of
from callcenter.points.ledger.kinds import PERSONS, Holder, Ledger, Pocket
from callcenter.points.ledger.models import LedgerAccount, LedgerHolding, LedgerLot


class OfIssuer(BaseModel):
    """`issued`: given out and neither settled nor taken back; `outstanding`: of it what persons and the fund hold."""

    issuer: str
    issuer_id: uuid.UUID | None
    issued: int
    outstanding: int


class OfMonth(BaseModel):
    month: date
    points: int


class Liability(BaseModel):
    """In points; a point is a fen. `fund_coins`: time that lies in the public fund, in half hours, to be granted month by month."""

    issued: int
    outstanding: int
    redeemed: int
    expired: int
    fund: int
    fund_coins: int
    issuers: list[OfIssuer]
    expiring: list[OfMonth]


async def read_liability(session: AsyncSession) -> Liability:
    pockets = {
        row.pocket: int(row.balance)
        for row in await session.execute(
            select(LedgerAccount.pocket, func.sum(LedgerAccount.balance).label("balance"))
            .where(LedgerAccount.ledger == Ledger.PT, LedgerAccount.pocket.in_((Pocket.ISSUED, Pocket.REDEEMED)))
            .group_by(LedgerAccount.pocket)
        )
    }
    held = (
        select(
            LedgerLot.issuer,
            LedgerLot.issuer_id,
            LedgerLot.expires_on,
            func.sum(LedgerHolding.amount).label("points"),
        )
        .join(LedgerLot, LedgerLot.id == LedgerHolding.lot_id)
        .join(LedgerAccount, LedgerAccount.id == LedgerHolding.account_id)
        .where(LedgerAccount.holder.in_((*PERSONS, Holder.FUND)), LedgerHolding.amount > 0)
        .group_by(LedgerLot.issuer, LedgerLot.issuer_id, LedgerLot.expires_on)
    )
    outstanding: dict[tuple[Holder, uuid.UUID | None], int] = {}
    expiring: dict[date, int] = {}
    for row in await session.execute(held):
        outstanding[row.issuer, row.issuer_id] = outstanding.get((row.issuer, row.issuer_id), 0) + int(row.points)
        ends = row.expires_on.replace(day=1)
        expiring[ends] = expiring.get(ends, 0) + int(row.points)
    issued = await session.execute(
        select(LedgerAccount.holder, LedgerAccount.holder_id, LedgerAccount.balance)
        .where(LedgerAccount.ledger == Ledger.PT, LedgerAccount.pocket == Pocket.ISSUED)
        .order_by(LedgerAccount.balance)
    )
    return Liability(
        issued=-pockets.get(Pocket.ISSUED, 0), outstanding=await liability_of(session), redeemed=pockets.get(Pocket.REDEEMED, 0),
        expired=await balance_of(session, Ledger.PT, EXPIRED, Pocket.MAIN), fund=await balance_of(session, Ledger.PT, FUND, Pocket.MAIN),
        fund_coins=await balance_of(session, Ledger.TC, FUND, Pocket.MAIN),
        issuers=[
            OfIssuer(issuer=row.holder, issuer_id=row.holder_id, issued=-row.balance, outstanding=outstanding.get((row.holder, row.holder_id), 0))
            for row in issued
        ],
        expiring=[OfMonth(month=first, points=points) for first, points in sorted(expiring.items())],
    )  # fmt: skip
