"""The worker's look at what the tries have shown. Voice tries; that voice does not try any more is seen only from outside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.duty.telling import tell_on_duty
from callcenter.calls.self_tests.models import Outcome, SelfTest
from callcenter.centre.queries import get_values
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.ids import new_id
from callcenter.settings import Settings

log = structlog.get_logger()
NOBODY_TRIED = "nobody_tried"
IN_A_ROW = 2  # one bad try may be a stumble; it is repeated soon
QUIET = timedelta(hours=1)  # between two alarms
PATIENCE = timedelta(seconds=60)


async def last_tests(session: AsyncSession, count: int = 1) -> Sequence[SelfTest]:
    """Newest first."""
    return (await session.scalars(select(SelfTest).order_by(SelfTest.at.desc(), SelfTest.id.desc()).limit(count))).all()


async def last_of_each(session: AsyncSession) -> list[SelfTest]:
    """The newest of each node that has been tried within a day of the newest of all; by the node's name."""
    newest = select(func.max(SelfTest.at) - timedelta(days=1)).scalar_subquery()
    each = select(SelfTest).where(SelfTest.at >= newest).ext(distinct_on(SelfTest.pbx))
    each = each.order_by(SelfTest.pbx, SelfTest.at.desc(), SelfTest.id.desc())
    return list(await session.scalars(each))


async def watch_self_tests(database: Database, settings: Settings, *, since: datetime) -> bool:
    """Whether an alarm was given. `since`: when the worker began to look: what should have been tried before is nobody's fault."""
    async with database.transaction() as session:
        every = (await get_values(session, settings)).timings.self_test_every
        if not every:
            return False
        await session.execute(select(func.pg_advisory_xact_lock(0x5E1F)))  # of two workers one tells
        now, tests = clock.now(), list(await last_tests(session, IN_A_ROW * max(1, len(settings.nodes))))
        newest = tests[0].at if tests else since
        if now - max(newest, since) > timedelta(seconds=2 * every) + PATIENCE:
            missing = SelfTest(
                id=new_id(), at=now, pbx=settings.pbx_name, outcome=Outcome.FAILED, reason=NOBODY_TRIED, agents=0, alarmed=False
            )
            session.add(missing)
            tests.insert(0, missing)
        if not calls_for_alarm(tests):
            return False
        if await session.scalar(select(SelfTest.id).where(SelfTest.alarmed, SelfTest.at > now - QUIET).limit(1)) is not None:
            return False
        tests[0].alarmed = True
        log.error("self_test_alarm", outcome=tests[0].outcome.value, reason=tests[0].reason, ring_ms=tests[0].ring_ms)
        what = "按键自检变慢" if tests[0].outcome is Outcome.SLOW else "按键自检失败"
        about = ("self_test", str(tests[0].id))
        await tell_on_duty(session, settings, key=f"self_test:{tests[0].id}", template="self_test_bad", what=what, about=about)
        return True


def calls_for_alarm(newest_first: Sequence[SelfTest]) -> bool:
    """That nobody tries is no stumble. Of several nodes, which are tried in turn, the newest one's own last tries count."""
    if not newest_first:
        return False
    own = [test for test in newest_first if test.pbx == newest_first[0].pbx][:IN_A_ROW]
    bad = [test for test in own if test.outcome is not Outcome.PASSED]
    return newest_first[0].reason == NOBODY_TRIED or len(bad) == IN_A_ROW
