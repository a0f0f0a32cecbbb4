"""What nobody has looked at yet is looked at, what has waited long enough is released, what was taken back goes back. Each deed is a transaction of its
own: killed anywhere, the next sweep does the rest, and nothing twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.points.deeds import Deed, each
from callcenter.points.earning import sources
from callcenter.points.earning.actions import release
from callcenter.points.earning.models import Earning
from callcenter.points.earning.sources import EARNINGS
from callcenter.points.earning.states import EarningState

MOST = 200  # of one kind in one sweep


async def look_at_deeds(database: Database, *, most: int = MOST) -> int:
    """How many."""
    done = 0
    for find, do in (
        (_singly(sources.list_bills), sources.look_at_bill),
        (sources.list_days, sources.look_at_day),
        (_singly(sources.list_plans), sources.look_at_plan),
        (sources.list_referrals, sources.look_at_referral),
        (_singly(sources.list_taken_back), sources.take_back_bill),
        (_singly(_list_due), _release),
    ):
        done += await each(database, find, do, most)
    return done


def _singly(find: Callable[[AsyncSession, int], Awaitable[Sequence[object]]]) -> Callable[[AsyncSession, int], Awaitable[Sequence[Deed]]]:
    async def found(session: AsyncSession, limit: int) -> Sequence[Deed]:
        return [(one,) for one in await find(session, limit)]

    return found


async def _list_due(session: AsyncSession, limit: int) -> Sequence[object]:
    due = select(Earning.id).where(Earning.state == EarningState.PENDING, Earning.release_at <= clock.now())
    return (await session.scalars(due.order_by(Earning.release_at).limit(limit))).all()


async def _release(session: AsyncSession, earning_id: Any) -> Earning:
    return await release(session, EARNINGS, earning_id)
