"""Many elders press SOS in one moment, and few agents are there: is one lost, is the order kept, does each have an owner and a deadline?"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Sequence
from contextlib import suppress
from statistics import median
from typing import Any

import httpx
from sqlalchemy import Row, text

from callcenter.bench.centre import BenchCentre, Say
from callcenter.bench.figure import Figure
from callcenter.bench.phones import StampedPhone
from callcenter.kit.db import Database

SOS_LINE = "1234900"
PRESSES, AGENTS = 20, 3
TALK = 1.0  # s
PATIENCE = 90.0

_ROWS = text(
    """
    SELECT c.received_at, c.answered_at, c.end_reason, s.owner_id IS NOT NULL AS owned,
           EXISTS (SELECT 1 FROM emergencies e JOIN emergency_deadlines d ON d.emergency_id = e.id WHERE e.case_id = s.id) AS deadline
    FROM calls c JOIN cases s ON s.id = c.case_id
    WHERE c.kind = 'sos' AND c.received_at >= :since ORDER BY date_trunc('minute', c.received_at), c.risk DESC, c.received_at
    """
)


async def sos_burst(centre: BenchCentre, say: Say) -> list[Figure]:
    say(f"{PRESSES} SOS at once, {AGENTS} agents")
    for desk in centre.desks[AGENTS:]:
        (await desk.post("/api/presence", json={"state": "paused", "reason": "meal"})).raise_for_status()
    database = Database(centre.owner_url, pool_size=2)
    try:
        rows = await _burst(centre, database)
    finally:
        await database.close()
        for desk in centre.desks[AGENTS:]:
            with suppress(httpx.HTTPError):
                await desk.post("/api/presence", json={"state": "idle"})
    whole = sum(row.answered_at is not None and row.owned and row.deadline for row in rows)
    alone = sum(row.end_reason.startswith("fallback") for row in rows)
    waited = [(row.answered_at - row.received_at).total_seconds() for row in rows if row.answered_at]
    return [
        Figure(
            "sos_burst",
            f"{PRESSES} SOS in one moment, {AGENTS} agents who talk {TALK:g} s each: presses with a person, an owner and a deadline",
            whole, "presses", PRESSES, "", None, None,
            f"{len(rows)} stored, {alone} of them carried by the PBX alone; answered after {median(waited) if waited else 0:.1f} s (median), "
            f"the last after {max(waited, default=0):.1f} s; "
            f"overtaken by more than the {AGENTS} who are served at once: {_overtaken(rows)}",
            more_is_better=True,
        )
    ]  # fmt: skip


async def _burst(centre: BenchCentre, database: Database) -> Sequence[Row[Any]]:
    """All press; whoever has talked long enough with a person puts down. What is stored of them, in the queue's order."""
    callers = centre.callers[:PRESSES]
    async with database.transaction() as session:
        since = (await session.execute(text("SELECT now()"))).scalar_one()
    talking: dict[str, float] = {}
    async with StampedPhone() as elder:
        calls = await asyncio.gather(*(elder.call(SOS_LINE, pbx=centre.pbx, from_number=caller) for caller in callers))
        waiting = dict(zip(callers, calls, strict=True))
        end = time.monotonic() + PATIENCE
        while waiting and time.monotonic() < end:
            await asyncio.sleep(0.1)
            for caller in {call.caller for phone in centre.agents for call in phone.calls.values() if call.state == "talking"}:
                talking.setdefault(caller, time.monotonic())
            for caller in [one for one in waiting if time.monotonic() - talking.get(one, math.inf) >= TALK]:
                await waiting.pop(caller).hang_up()
        for call in waiting.values():
            await call.hang_up()
    rows: Sequence[Row[Any]] = []
    while not (len(rows) == PRESSES and all(row.answered_at and row.owned and row.deadline for row in rows)) and time.monotonic() < end:
        async with database.transaction() as session:
            rows = (await session.execute(_ROWS, {"since": since})).all()
        await asyncio.sleep(0.5)
    return rows


def _overtaken(rows: Sequence[Row[Any]]) -> int:
    """Presses before which more were answered than the agents explain, of those that came later and stand behind it in the queue.
    `rows` stand in the queue's order (docs/decisions.md "Answering")."""
    spoken = [row for row in rows if row.answered_at]
    return sum(
        sum(one.received_at > row.received_at and one.answered_at < row.answered_at for one in spoken[place + 1 :]) > AGENTS
        for place, row in enumerate(spoken)
    )
