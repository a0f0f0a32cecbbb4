"""Statements: what stands in an account, and how it came there."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.kit.errors import NotFound
from callcenter.points.ledger.kinds import EntryKind, Ledger
from callcenter.points.ledger.models import LedgerAccount, LedgerEntry, LedgerHolding, LedgerLot, LedgerPosting

PAGE = 50


@dataclass(frozen=True, slots=True)
class Movement:
    """What one entry moved in one account; of all lots together."""

    entry_id: uuid.UUID
    number: int  # of the account's postings, the entry's last
    at: datetime
    booked_on: date
    kind: EntryKind
    key: str
    amount: int
    balance_after: int
    actor_name: str
    reverses_id: uuid.UUID | None
    details: dict[str, object]


@dataclass(frozen=True, slots=True)
class Statement:
    opening: int
    closing: int
    into: int
    out: int  # not below zero
    movements: list[Movement]  # the newest first


async def list_movements(
    session: AsyncSession, account_ids: Sequence[uuid.UUID], *, before: int | None = None, first: date | None = None, last: date | None = None,
    limit: int = PAGE,
) -> list[Movement]:  # fmt: skip
    """The newest first. `before`: the page after the movement of that number (of one account)."""
    chosen = select(
        LedgerPosting.entry_id, LedgerPosting.account_id, LedgerPosting.number, LedgerPosting.amount, LedgerPosting.balance_after
    )
    chosen = chosen.where(LedgerPosting.account_id.in_(account_ids))
    if before is not None:
        chosen = chosen.where(LedgerPosting.number < before)
    if first is not None:
        chosen = chosen.where(LedgerPosting.booked_on >= first)
    if last is not None:
        chosen = chosen.where(LedgerPosting.booked_on <= last)
    some = chosen.order_by(LedgerPosting.number.desc()).limit(limit * 4).subquery()  # an entry rarely has more lots than that
    rows = await session.execute(
        select(some, LedgerEntry).join(LedgerEntry, LedgerEntry.id == some.c.entry_id).order_by(some.c.number.desc())
    )
    found: dict[tuple[uuid.UUID, uuid.UUID], Movement] = {}
    for row in rows:
        entry: LedgerEntry = row.LedgerEntry
        key = (entry.id, row.account_id)
        known = found.get(key)
        found[key] = Movement(
            entry.id, known.number if known else row.number, entry.at, entry.booked_on, entry.kind, entry.key,
            row.amount + (known.amount if known else 0), known.balance_after if known else row.balance_after, entry.actor_name,
            entry.reverses_id, entry.details,
        )  # fmt: skip
    return list(found.values())[:limit]


async def read_statement(session: AsyncSession, account_id: uuid.UUID, first: date, last: date, *, limit: int = PAGE) -> Statement:
    """Of those days, both included; sums over all of them, movements at most `limit`."""
    account = await session.get(LedgerAccount, account_id, populate_existing=True)
    if account is None:
        raise NotFound("there is no such account")
    mine = LedgerPosting.account_id == account_id
    in_days = [mine, LedgerPosting.booked_on.between(first, last)]
    into, out = (
        await session.execute(
            select(
                func.coalesce(func.sum(LedgerPosting.amount).filter(LedgerPosting.amount > 0), 0),
                func.coalesce(func.sum(-LedgerPosting.amount).filter(LedgerPosting.amount < 0), 0),
            ).where(*in_days)
        )
    ).one()
    later = await session.scalar(select(func.coalesce(func.sum(LedgerPosting.amount), 0)).where(mine, LedgerPosting.booked_on > last))
    closing = account.balance - int(later or 0)
    return Statement(
        closing - int(into) + int(out), closing, int(into), int(out),
        await list_movements(session, [account_id], first=first, last=last, limit=limit),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Expiring:
    expires_on: date
    amount: int


async def list_expiring(session: AsyncSession, account_id: uuid.UUID) -> list[Expiring]:
    """What lies there by the day on which it is lost, the first one first."""
    rows = await session.execute(
        select(LedgerLot.expires_on, func.sum(LedgerHolding.amount).label("amount"))
        .join(LedgerLot, LedgerLot.id == LedgerHolding.lot_id)
        .where(LedgerHolding.account_id == account_id, LedgerHolding.amount > 0)
        .group_by(LedgerLot.expires_on)
        .order_by(LedgerLot.expires_on)
    )
    return [Expiring(row.expires_on, int(row.amount)) for row in rows]


async def issued(session: AsyncSession) -> list[tuple[str, uuid.UUID | None, int]]:
    """What each issuer answers for and nobody has settled or lost: (holder, id, points), the most first."""
    rows = await session.execute(
        select(LedgerAccount.holder, LedgerAccount.holder_id, -LedgerAccount.balance)
        .where(LedgerAccount.ledger == Ledger.PT, LedgerAccount.pocket == "issued")
        .order_by(LedgerAccount.balance)
    )
    return [(row[0], row[1], int(row[2])) for row in rows]
