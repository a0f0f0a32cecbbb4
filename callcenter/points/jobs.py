"""The worker's part. Each step is harmless twice, and one that fails stops none of the others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor, system
from callcenter.kit.db import Database
from callcenter.points.checks.nights import check_night
from callcenter.points.checks.reviews import FINDERS
from callcenter.points.deeds import each
from callcenter.points.earning.expiring import sweep_expiry
from callcenter.points.earning.reports import book_reports
from callcenter.points.earning.sweeping import look_at_deeds
from callcenter.points.families.approvals import expire_due
from callcenter.points.families.sweeping import follow_profiles
from callcenter.points.ledger.holds import void_due
from callcenter.points.ledger.sealing import seal
from callcenter.points.members.actions import freeze_what_came_back, list_came_back
from callcenter.points.spending.goods import void_unfetched
from callcenter.points.volunteers.coins import grant_due

log = structlog.get_logger()
WORKER = system("points")
AT_ONCE = 100


async def _freeze(database: Database) -> None:
    await each(database, list_came_back, freeze_what_came_back, AT_ONCE)


async def _expire(session: AsyncSession, _: Actor) -> int:
    return await expire_due(session)


async def _prove(database: Database) -> None:
    if await check_night(database, WORKER) is None:
        return
    for find in FINDERS:
        try:
            async with database.transaction() as session:
                await find(session)
        except Exception as error:  # looked for again tomorrow: each of them looks back
            log.error("points_step_failed", step=find.__name__, error=type(error).__name__)


def _whole(do: Callable[[AsyncSession, Actor], Awaitable[object]]) -> Callable[[Database], Awaitable[object]]:
    """As one transaction."""

    async def step(database: Database) -> None:
        async with database.transaction() as session:
            await do(session, WORKER)

    return step


STEPS: dict[str, Callable[[Database], Awaitable[object]]] = {
    "holds": _whole(void_due),
    "goods": _whole(void_unfetched),
    "frozen": _freeze,
    "profiles": follow_profiles,
    "approvals": _whole(_expire),
    "counters": book_reports,
    "earning": look_at_deeds,
    "expiry": sweep_expiry,
    "grants": _whole(grant_due),
    "seal": seal,
    "proof": _prove,
}


async def sweep_points(database: Database) -> None:
    for name, step in STEPS.items():
        try:
            await step(database)
        except Exception as error:  # the next sweep comes to it again, and the others go on meanwhile
            log.error("points_step_failed", step=name, error=type(error).__name__)


class Sweeper:
    """Every few seconds, one sweep at a time: a night's proof takes as long as the books are thick."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._busy = False

    async def look(self) -> None:
        if self._busy:
            return
        self._busy = True
        try:
            await sweep_points(self.database)
        finally:
            self._busy = False
