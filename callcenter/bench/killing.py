"""Voice killed (SIGKILL) while 24 presses are on their way: 14 talk, two are held, four ring, four wait. Is one lost, how long until all are taken up?"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from callcenter.bench.centre import ANSWER_AFTER, OUR_LINE, BenchCentre, BenchFailed, Say, process_of
from callcenter.bench.figure import Figure
from callcenter.bench.phones import StampedPhone
from callcenter.kit.db import Database
from callcenter.telephony.softphone import Call

TALKING, HELD, RINGING, WAITING = 16, 2, 4, 4  # of those that talk some are held
PRESSES = TALKING + RINGING + WAITING
TAKEN_UP_WITHIN = 3.0  # s
CLAIMED = 1.0  # s: a press is stored before it is claimed, and one that is not claimed yet is the dialplan's to carry
TALK = 1.0  # s that somebody who waited talks
PATIENCE = 60.0  # s

_STATES = text("SELECT state, count(*) AS calls FROM calls WHERE received_at >= :since GROUP BY state")
_TALKS = text(
    "SELECT c.id, u.username FROM calls c JOIN users u ON u.id = c.agent_id WHERE c.received_at >= :since AND c.state = 'talking' ORDER BY c.received_at"
)
_TAKEN_UP = text(
    "SELECT count(DISTINCT e.call_id) AS calls, max(e.at) AS last FROM call_events e JOIN calls c ON c.id = e.call_id "
    "WHERE e.kind = 'taken_up' AND e.at >= :killed AND c.received_at >= :since"
)
_OUTCOME = text(
    "SELECT caller_raw, count(*) AS calls, bool_and(answered_at IS NOT NULL AND state = 'ended' AND case_id IS NOT NULL) AS whole "
    "FROM calls WHERE received_at >= :since GROUP BY caller_raw"
)
_UNANSWERED = text("SELECT count(*) FROM calls WHERE received_at >= :since AND answered_at IS NULL")
_BUSY = text("SELECT count(*) FROM agent_presence WHERE state NOT IN ('idle', 'offline')")


async def voice_killed(centre: BenchCentre, say: Say) -> list[Figure]:
    say(f"{PRESSES} presses ({TALKING} talk, {RINGING} ring, {WAITING} wait), then voice is killed")
    database = Database(centre.owner_url, pool_size=2)
    try:
        async with StampedPhone() as elders:
            return await _kill(centre, database, elders, say)
    finally:
        for phone in centre.agents:
            phone.answer_after = ANSWER_AFTER
        await database.close()


async def _kill(centre: BenchCentre, database: Database, elders: StampedPhone, say: Say) -> list[Figure]:
    since = await _now(database)
    callers = centre.callers[:PRESSES]
    talks = [await _talks(centre, elders, caller) for caller in callers[:TALKING]]
    for n, row in enumerate((await _rows(database, _TALKS, since=since))[:HELD]):
        desk = centre.desks[int(row.username.removeprefix("bench"))]
        (await desk.post(f"/api/calls/{row.id}/hold", headers={"Idempotency-Key": f"bench-hold-{n}-{row.id}"})).raise_for_status()
    for phone in centre.agents:
        phone.answer_after = None
    others = [await elders.call(OUR_LINE, pbx=centre.pbx, from_number=caller) for caller in callers[TALKING:]]
    wanted = {"talking": TALKING - HELD, "held": HELD, "offered": RINGING, "queued": WAITING}
    await _until(database, wanted, since)
    await asyncio.sleep(CLAIMED)

    old, killed = process_of(centre.pid, "voice"), await _now(database)
    os.kill(old, signal.SIGKILL)
    taken, last = await _taken_up(database, killed, since)
    say(f"{taken} are taken up again; everybody talks, then all hang up")
    alive = sum(call.state == "talking" for call in talks)
    for phone in centre.agents:  # who rings is picked up now, who waits comes after
        phone.answer_after = ANSWER_AFTER
        for call in list(phone.calls.values()):
            await call.answer()
    for call in talks:
        await call.hang_up()
    await _all_answered(database, since)
    await asyncio.sleep(TALK)
    for call in others:
        await call.hang_up()
    rows = await _ended(database, since)
    whole = sum(row.calls == 1 and row.whole for row in rows)
    busy = await _count(database, _BUSY)
    took = (last - killed).total_seconds() if taken == PRESSES and last else PATIENCE
    return [
        Figure(
            "killed_20",
            f"voice killed under {TALKING} conversations ({HELD} held), {RINGING} ringing, {WAITING} waiting: presses with a person, a case and one call",
            whole, "presses", PRESSES, "", None, None,
            f"{alive} of {TALKING} conversations went on without a moment's loss at their telephones; {len(rows)} stored; agents left busy afterwards: {busy}",
            more_is_better=True,
        ),
        Figure(
            "taken_up_again", "from the SIGKILL until the last of them is in hand again, the new process's start included", round(took, 2), "s",
            TAKEN_UP_WITHIN, "", None, None, f"{taken} of {PRESSES} within {PATIENCE:g} s; there is no spare voice under `callcenter run`",
        ),
    ]  # fmt: skip


async def _talks(centre: BenchCentre, elders: StampedPhone, caller: str) -> Call:
    call = await elders.call(OUR_LINE, pbx=centre.pbx, from_number=caller)
    await call.answered(PATIENCE)
    return call


async def _now(database: Database) -> datetime:
    async with database.transaction() as session:
        at: datetime = (await session.execute(text("SELECT clock_timestamp()"))).scalar_one()
        return at


async def _rows(database: Database, statement: Any, **values: Any) -> Sequence[Row[Any]]:
    async with database.transaction() as session:
        return (await session.execute(statement, values)).all()


async def _count(database: Database, statement: Any, **values: Any) -> int:
    async with database.transaction() as session:
        return int((await session.execute(statement, values)).scalar_one())


async def _until(database: Database, wanted: dict[str, int], since: datetime) -> None:
    end = time.monotonic() + PATIENCE
    while (found := {row.state: row.calls for row in await _rows(database, _STATES, since=since)}) != wanted:
        if time.monotonic() > end:
            raise BenchFailed(f"the calls are {found}, not {wanted}")
        await asyncio.sleep(0.1)


async def _all_answered(database: Database, since: datetime) -> None:
    """By a person: the PBX picks up for whoever waits, so that she hears a word."""
    end = time.monotonic() + PATIENCE
    while True:
        if not await _count(database, _UNANSWERED, since=since) or time.monotonic() > end:
            return
        await asyncio.sleep(0.1)


async def _taken_up(database: Database, killed: datetime, since: datetime) -> tuple[int, datetime | None]:
    end = time.monotonic() + PATIENCE
    while True:
        (row,) = await _rows(database, _TAKEN_UP, killed=killed, since=since)
        if row.calls >= PRESSES or time.monotonic() > end:
            return row.calls, row.last
        await asyncio.sleep(0.2)


async def _ended(database: Database, since: datetime) -> Sequence[Row[Any]]:
    """When nobody is busy any more, or patience is over."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        rows = await _rows(database, _OUTCOME, since=since)
        if len(rows) == PRESSES and all(row.whole for row in rows) and not await _count(database, _BUSY):
            break
        await asyncio.sleep(0.5)
    return await _rows(database, _OUTCOME, since=since)
