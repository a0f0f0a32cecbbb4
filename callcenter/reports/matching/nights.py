"""Once a night the day before is matched, by whichever worker comes first, and differences are told to whoever supervises."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import system
from callcenter.accounts.audit import audit
from callcenter.calls.duty.queries import numbers_of_people, read_rota
from callcenter.calls.duty.rules import Level, on_duty
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.phone import normalise
from callcenter.messaging.actions import queue_message
from callcenter.messaging.port import About, Channel
from callcenter.messaging.rules import takes_texts
from callcenter.reports.matching.models import PressMatch
from callcenter.reports.matching.queries import as_row, match_day
from callcenter.reports.matching.rules import Matched
from callcenter.settings import Settings

log = structlog.get_logger()
MATCHER = system("presses")
FROM_HOUR = 1  # calls over midnight are over by then, and their cases' deadlines have passed
AT_MOST = 7  # days that are caught up after a worker was away
KEPT_DIFFERENCES = 500
GOOD_FOR = timedelta(hours=12)


async def match_nights(database: Database, settings: Settings) -> list[date]:
    """Every day up to yesterday that has no row yet; which of them got theirs here. A day that fails is tried again at the next look."""
    local = clock.now().astimezone(ZoneInfo(settings.timezone))
    yesterday = local.date() - timedelta(days=1)
    if local.hour < FROM_HOUR:
        yesterday -= timedelta(days=1)
    async with database.transaction() as session:
        last = await session.scalar(select(func.max(PressMatch.day)))
    done = []
    for day in _due(last, yesterday):
        async with database.transaction() as session:
            matched = await match_day(session, settings, day)
            if await write_down(session, settings, day, matched):
                done.append(day)
    return done


def _due(last: date | None, yesterday: date) -> Iterable[date]:
    """Oldest first. Before the first night there is nothing to catch up."""
    missing = 1 if last is None else min(AT_MOST, (yesterday - last).days)
    return [yesterday - timedelta(days=back) for back in reversed(range(missing))]


async def write_down(session: AsyncSession, settings: Settings, day: date, matched: Matched) -> bool:
    """The result, and what a difference leads to. False: another worker was faster, and has told."""
    made = insert(PressMatch).values(
        day=day, made_at=clock.now(), presses=matched.presses, calls=matched.calls, cases=matched.cases, found=len(matched.differences),
        differences=[as_row(one) for one in matched.differences[:KEPT_DIFFERENCES]],
    )  # fmt: skip
    if await session.scalar(made.on_conflict_do_nothing().returning(PressMatch.day)) is None:
        return False
    await audit(session, MATCHER, "presses:matched", day, details={"presses": matched.presses, "found": len(matched.differences)})
    if matched.differences:
        log.error("presses_not_accounted_for", day=str(day), found=len(matched.differences))
        await _alarm(session, settings, day, len(matched.differences))
    return True


async def _alarm(session: AsyncSession, settings: Settings, day: date, found: int) -> None:
    """A text message for whoever supervises by the rota now; consoles show it with the reports."""
    now = clock.now()
    turns = on_duty(await read_rota(session), now, ZoneInfo(settings.timezone))
    numbers = await numbers_of_people(session)
    for person_id in dict.fromkeys(turn.person_id for turn in turns if turn.level is Level.SUPERVISOR):
        number = numbers.get(person_id, "")
        if takes_texts(normalise(number, settings)):
            await queue_message(
                session, dedupe_key=f"presses_differ:{day}:{person_id}", channel=Channel.SMS, to=number, template="presses_differ",
                params={"day": f"{day.month}月{day.day}日", "count": str(found)}, about=About("press_match", str(day)), deadline=now + GOOD_FOR,
            )  # fmt: skip
