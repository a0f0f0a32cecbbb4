"""The proof of a night: sums of lots, balances and postings, holds, guards, the chain. A break stops redemption until the books are clean again."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.calls.duty.queries import numbers_of_people, read_rota
from callcenter.calls.duty.rules import Level, on_duty
from callcenter.centre.actions import change_setting
from callcenter.centre.queries import get_values
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.errors import Conflict
from callcenter.kit.ids import new_id
from callcenter.kit.phone import normalise
from callcenter.messaging.actions import queue_message
from callcenter.messaging.port import About, Channel
from callcenter.messaging.rules import takes_texts
from callcenter.points.checks.models import PointsCheck
from callcenter.points.ledger.kinds import PERSONS, Holder, Ledger
from callcenter.points.ledger.models import LedgerAccount
from callcenter.points.ledger.verifying import Verified, verify
from callcenter.settings import get_settings

AGAIN = timedelta(hours=1)
HOUR = 2  # at night, by the clock of the people served
GOOD_FOR = timedelta(hours=12)
SWITCH = "points_redemption"
WHY_OFF = "对账不平，自动停用"


async def check_night(database: Database, actor: Actor) -> PointsCheck | None:
    """Once a night, by whichever worker comes first; after a break every hour until the books are clean. None: it was done, or it is too early."""
    local = clock.now().astimezone(ZoneInfo(get_settings().timezone))
    async with database.transaction() as session:
        last = await last_check(session)
        if last is not None and not last.clean and last.at < clock.now() - AGAIN:
            again = True
        elif local.hour < HOUR:
            return None
        else:
            again = False
        done = exists().where(PointsCheck.night == local.date(), ~PointsCheck.by_hand)
        if not again and await session.scalar(select(done)):
            return None
    return await check_books(database, actor, by_hand=again)


async def check_books(database: Database, actor: Actor, *, by_hand: bool) -> PointsCheck | None:
    """Looks at all of it in one picture of the database; what follows from it is a transaction of its own. None: another worker was faster.

    In a thread of its own: hashing a million lines would keep the loop on which the worker's other jobs wait.
    """
    verified = await asyncio.to_thread(lambda: asyncio.run(verify(database.url)))
    async with database.transaction() as session:
        liability = await liability_of(session)
        return await write_down(session, actor, verified, liability, by_hand=by_hand)


async def write_down(session: AsyncSession, actor: Actor, verified: Verified, liability_fen: int, *, by_hand: bool) -> PointsCheck | None:
    """The result, and what a break leads to."""
    findings: list[dict[str, Any]] = [{"check": one.check, "at": one.at, "off": one.off} for one in verified.findings]
    made = insert(PointsCheck).values(
        id=new_id(), night=clock.today(get_settings().timezone), by_hand=by_hand, at=clock.now(), clean=not findings, findings=findings,
        entries=verified.entries, postings=verified.postings, head=verified.head, liability_fen=liability_fen,
    )  # fmt: skip
    before = await last_check(session)
    check_id = await session.scalar(made.on_conflict_do_nothing().returning(PointsCheck.id))
    if check_id is None:
        return None
    check = await session.get_one(PointsCheck, check_id)
    await audit(session, actor, "points:checked", check_id, details={"clean": check.clean, "findings": len(findings)})
    if findings:
        if (await get_values(session, get_settings())).switch(SWITCH):
            await change_setting(session, actor, get_settings(), key=SWITCH, value=False, reason=WHY_OFF)
        if before is None or before.clean:
            await _alarm(session, check)
    return check


async def open_redemption(session: AsyncSession, actor: Actor, reason: str) -> None:
    """By a supervisor. Conflict `books_not_clean`: the last look at the books has found something."""
    await must_be_clean(session)
    await change_setting(session, actor, get_settings(), key=SWITCH, value=True, reason=reason)


async def must_be_clean(session: AsyncSession) -> None:
    last = await last_check(session)
    if last is not None and not last.clean:
        raise Conflict("the books did not balance; look at them again first", code="books_not_clean")


async def last_check(session: AsyncSession) -> PointsCheck | None:
    return await session.scalar(select(PointsCheck).order_by(PointsCheck.at.desc(), PointsCheck.id.desc()).limit(1))


async def liability_of(session: AsyncSession) -> int:
    """Points that somebody may still spend, in fen: a point is a fen."""
    holders = (*PERSONS, Holder.FUND)
    owed = select(func.coalesce(func.sum(LedgerAccount.balance), 0))
    return int(await session.scalar(owed.where(LedgerAccount.ledger == Ledger.PT, LedgerAccount.holder.in_(holders))) or 0)


async def _alarm(session: AsyncSession, check: PointsCheck) -> None:
    """A text message for whoever supervises by the rota now, once for each break."""
    settings = get_settings()
    now: datetime = clock.now()
    turns = on_duty(await read_rota(session), now, ZoneInfo(settings.timezone))
    numbers = await numbers_of_people(session)
    for person_id in dict.fromkeys(turn.person_id for turn in turns if turn.level is Level.SUPERVISOR):
        number = numbers.get(person_id, "")
        if takes_texts(normalise(number, settings)):
            await queue_message(
                session, dedupe_key=f"points_break:{check.id}:{person_id}", channel=Channel.SMS, to=number, template="points_break",
                params={"count": str(len(check.findings))}, about=About("points_check", str(check.id)), deadline=now + GOOD_FOR,
            )  # fmt: skip
