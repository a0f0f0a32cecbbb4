"""An account as a person understands it: pockets, what is lost when, and movements over what she has and what is still to come."""

from __future__ import annotations

import heapq
import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcenter.elders.models import Elder
from callcenter.kit import clock
from callcenter.kit.errors import Invalid
from callcenter.points.ledger.accounts import Whose, accounts_of
from callcenter.points.ledger.kinds import EntryKind, Holder, Ledger, Pocket
from callcenter.points.ledger.models import LedgerAccount, LedgerEntry, LedgerPosting
from callcenter.points.ledger.queries import list_expiring
from callcenter.points.members.models import PointsMember
from callcenter.points.reading.schemas import (
    ExpiringPoints,
    Pockets,
    PointsAccount,
    PointsMemberView,
    PointsMonth,
    PointsMovement,
    PointsMovements,
)
from callcenter.points.reading.words import deed_of, sentence
from callcenter.settings import get_settings

PAGE = 50
IN_VIEW = (Pocket.AVAILABLE, Pocket.PENDING)
_CURSOR = re.compile(r"(\d{1,18})\.(\d{1,18})")
_SPENT = (EntryKind.RESERVE, EntryKind.VOID, EntryKind.SPEND)
_EARNED = (EntryKind.EARN, EntryKind.GRANT)


async def read_account(session: AsyncSession, elder_id: uuid.UUID) -> PointsAccount:
    """Of the kept profile. Nobody joins by being looked at."""
    member = await session.get(PointsMember, elder_id)
    accounts = await accounts_of(session, Whose(Holder.ELDER, elder_id))
    name = await session.scalar(select(Elder.name).where(Elder.id == elder_id))
    return PointsAccount(
        elder_id=elder_id, name=name or "", member=None if member is None else view_of(member), points=_pockets(accounts, Ledger.PT),
        coins=_pockets(accounts, Ledger.TC), expiring=await _expiring(session, accounts), month=await _month(session, accounts),
    )  # fmt: skip


def view_of(member: PointsMember) -> PointsMemberView:
    return PointsMemberView(
        id=member.id, version=member.version, state=member.state, frozen_why=member.frozen_why, frozen_at=member.frozen_at,
        grace_until=member.grace_until, has_pin=bool(member.pin), joined_at=member.joined_at,
    )  # fmt: skip


def _pockets(accounts: Sequence[LedgerAccount], ledger: Ledger) -> Pockets:
    there = {account.pocket.value: account.balance for account in accounts if account.ledger is ledger}
    return Pockets(**there)


async def _expiring(session: AsyncSession, accounts: Sequence[LedgerAccount]) -> list[ExpiringPoints]:
    mine = [account.id for account in accounts if (account.ledger, account.pocket) == (Ledger.PT, Pocket.AVAILABLE)]
    return [ExpiringPoints(on=one.expires_on, amount=one.amount) for account_id in mine for one in await list_expiring(session, account_id)]


async def _month(session: AsyncSession, accounts: Sequence[LedgerAccount]) -> PointsMonth:
    """What was reserved and given back again was not spent; what was reversed was not earned."""
    mine = [account.id for account in accounts if account.ledger is Ledger.PT and account.pocket in IN_VIEW]
    reversed_ = aliased(LedgerEntry)
    kind = case((LedgerEntry.reverses_id.is_(None), LedgerEntry.kind), else_=reversed_.kind)
    amount = func.sum(LedgerPosting.amount)
    row = (
        await session.execute(
            select(
                func.coalesce(amount.filter(kind.in_(_EARNED)), 0).label("earned"), func.coalesce(amount.filter(kind.in_(_SPENT)), 0).label("spent")
            )
            .select_from(LedgerPosting)
            .join(LedgerEntry, LedgerEntry.id == LedgerPosting.entry_id)
            .outerjoin(reversed_, reversed_.id == LedgerEntry.reverses_id)
            .where(LedgerPosting.account_id.in_(mine), LedgerPosting.booked_on >= clock.today(get_settings().timezone).replace(day=1))
        )
    ).one()  # fmt: skip
    return PointsMonth(earned=int(row.earned), spent=-int(row.spent))


@dataclass(slots=True)
class _Moved:
    """What one entry moved in one account, over all lots."""

    entry: LedgerEntry
    reverses: EntryKind | None
    pending: bool
    number: int
    amount: int
    balance_after: int


async def list_movements_of(
    session: AsyncSession, whose: Whose, ledger: Ledger, *, cursor: str = "", first: date | None = None, last: date | None = None,
    limit: int = PAGE,
) -> PointsMovements:  # fmt: skip
    """The newest first, of what she has and what is still to come; a release is one line, not two. `cursor`: `next` of the page before."""
    before = _before(cursor)
    accounts = {one.pocket: one.id for one in await accounts_of(session, whose) if one.ledger is ledger and one.pocket in IN_VIEW}
    heads = [
        await _newest(session, accounts[pocket], pocket is Pocket.PENDING, before.get(pocket), first, last, limit + 1)
        for pocket in IN_VIEW
        if pocket in accounts
    ]
    # each account stays in its own sequence, also where two clocks have differed
    left = heapq.merge(*heads, key=lambda moved: (moved.entry.at, moved.entry.id), reverse=True)
    shown: list[_Moved] = []
    at = dict(before)
    more = False
    for moved in left:
        if len(shown) == limit:
            more = True
            break
        at[Pocket.PENDING if moved.pending else Pocket.AVAILABLE] = moved.number
        if not (moved.pending and moved.entry.kind is EntryKind.RELEASE):
            shown.append(moved)
    more = more or any(len(head) > limit for head in heads)
    next_ = f"{at.get(Pocket.AVAILABLE, 0)}.{at.get(Pocket.PENDING, 0)}" if more else None
    return PointsMovements(movements=[_view(moved, ledger) for moved in shown], next=next_)


def _before(cursor: str) -> dict[Pocket, int]:
    """0: from the newest."""
    if not cursor:
        return {}
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise Invalid("this is no page of an account", code="bad_cursor")
    return {pocket: int(number) for pocket, number in zip(IN_VIEW, found.groups(), strict=True) if int(number)}


async def _newest(
    session: AsyncSession, account_id: uuid.UUID, pending: bool, before: int | None, first: date | None, last: date | None, limit: int
) -> list[_Moved]:  # fmt: skip
    """Whole entries only: the last one may have postings beyond what was read."""
    reversed_ = aliased(LedgerEntry)
    read = limit * 2
    while True:
        chosen = select(LedgerPosting).where(LedgerPosting.account_id == account_id)
        if before is not None:
            chosen = chosen.where(LedgerPosting.number < before)
        if first is not None:
            chosen = chosen.where(LedgerPosting.booked_on >= first)
        if last is not None:
            chosen = chosen.where(LedgerPosting.booked_on <= last)
        some = aliased(LedgerPosting, chosen.order_by(LedgerPosting.number.desc()).limit(read).subquery())
        rows = (
            await session.execute(
                select(some.number, some.amount, some.balance_after, LedgerEntry, reversed_.kind.label("reverses"))
                .join(LedgerEntry, LedgerEntry.id == some.entry_id)
                .outerjoin(reversed_, reversed_.id == LedgerEntry.reverses_id)
                .order_by(some.number.desc())
            )
        ).all()  # fmt: skip
        found = _joined(rows, pending)
        if len(rows) < read or len(found) > limit:
            return found[:limit]
        read *= 4


def _joined(rows: Iterable[Any], pending: bool) -> list[_Moved]:
    found: list[_Moved] = []
    for row in rows:
        if found and found[-1].entry.id == row.LedgerEntry.id:
            found[-1].amount += row.amount
            found[-1].number = row.number
        else:
            found.append(_Moved(row.LedgerEntry, row.reverses, pending, row.number, row.amount, row.balance_after))
    return found


def _view(moved: _Moved, ledger: Ledger) -> PointsMovement:
    entry = moved.entry
    deed = deed_of(entry.kind, entry.key)
    return PointsMovement(
        entry_id=entry.id, at=entry.at, day=entry.booked_on, kind=entry.kind, reverses=moved.reverses, of=deed, pending=moved.pending,
        amount=moved.amount, balance_after=moved.balance_after,
        words=sentence(entry.booked_on, deed, moved.amount, ledger, pending=moved.pending), by=entry.actor_name if entry.actor_kind != "system" else "",
    )  # fmt: skip
