"""The whole of an account in a few numbers: what lay there at the end of each month, at most two years back. For a chart."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Date, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.kit import clock
from callcenter.points.ledger.accounts import Whose, accounts_of
from callcenter.points.ledger.kinds import Ledger, Pocket
from callcenter.points.ledger.models import LedgerPosting
from callcenter.points.reading.schemas import PointsMonthEnd, PointsMonths
from callcenter.settings import get_settings

MOST = 24


async def list_months(session: AsyncSession, whose: Whose, ledger: Ledger) -> PointsMonths:
    """Of what she could spend, the oldest first, this month with what is there now; from the first month in which something moved.

    One sum for each month out of an index that holds days and amounts: ten years of postings are not read, only two, and never their entries.
    """
    mine = next((one for one in await accounts_of(session, whose) if (one.ledger, one.pocket) == (ledger, Pocket.AVAILABLE)), None)
    if mine is None:
        return PointsMonths(months=[])
    months = _last_months(clock.today(get_settings().timezone))
    month = cast(func.date_trunc("month", LedgerPosting.booked_on), Date)
    rows = await session.execute(
        select(month, func.sum(LedgerPosting.amount))
        .where(LedgerPosting.account_id == mine.id, LedgerPosting.booked_on >= months[0])
        .group_by(month)
    )
    changes: dict[date, int] = {row[0]: int(row[1]) for row in rows}
    left = mine.balance - sum(changes.values())
    found: list[PointsMonthEnd] = []
    for first in months:
        change = changes.get(first, 0)
        left += change
        if found or left or first in changes:
            found.append(PointsMonthEnd(month=first, closing=left, change=change))
    return PointsMonths(months=found)


def _last_months(today: date) -> list[date]:
    """Their first days."""
    count = today.year * 12 + today.month - 1
    return [date(at // 12, at % 12 + 1, 1) for at in range(count - MOST + 1, count + 1)]
