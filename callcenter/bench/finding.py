"""Finding the caller among a million elders, and searching a hundred thousand."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from statistics import median

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.bench.centre import Say
from callcenter.bench.figure import Figure, quantile
from callcenter.elders.queries import find_elders_by_number, search_elders
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.phone import candidates
from callcenter.local.postgres import temporary_postgres
from callcenter.migrations.run import migrate
from callcenter.seed.writing import fill
from callcenter.settings import Settings

ELDERS, LOOKS = 1_000_000, 2_000
SEARCHED = 100_000


@asynccontextmanager
async def a_million(settings: Settings) -> AsyncIterator[Database]:
    with temporary_postgres() as url:
        await asyncio.to_thread(migrate, url, "bench's narrow role")
        database = Database(url, pool_size=2)
        async with database.transaction() as session:
            await fill(session, ELDERS, today=clock.today(settings.timezone), now=clock.now(), searchable=False)
        async with database.transaction() as session:
            await session.execute(text("ANALYZE"))
        yield database
        await database.close()


async def find_elder(settings: Settings, say: Say) -> list[Figure]:
    say(f"{ELDERS:,} elders are made, then {LOOKS:,} callers looked up")
    async with a_million(settings) as database, database.transaction() as session:
        sample = text("SELECT e164 FROM elder_numbers TABLESAMPLE SYSTEM (1) LIMIT :count")
        numbers = list((await session.execute(sample, {"count": LOOKS})).scalars())
        random.Random(1).shuffle(numbers)
        took, found = await _look_up(session, numbers, settings)
    return [
        Figure(
            "find_elder",
            f"the caller found among {ELDERS:,} elders, p99",
            round(quantile(took, 0.99), 2), "ms", 5, "", None, None,
            f"median {median(took):.2f} ms; {found} of {len(numbers)} found",
        )
    ]  # fmt: skip


async def _look_up(session: AsyncSession, numbers: list[str], settings: Settings) -> tuple[list[float], int]:
    """Through the same reading of what a carrier sends as a press takes. Times in ms."""
    took, found = [], 0
    for number in numbers:
        began = time.perf_counter()
        matches = await find_elders_by_number(session, candidates("0086" + number.removeprefix("+86"), settings))
        took.append((time.perf_counter() - began) * 1000)
        found += bool(matches)
    return took, found


async def search_elders_by_anything(settings: Settings, say: Say) -> list[Figure]:
    """What an agent types, over all ways of searching."""
    say(f"{SEARCHED:,} elders are made searchable, then looked for")
    with temporary_postgres() as url:
        await asyncio.to_thread(migrate, url, "bench's narrow role")
        database = Database(url, pool_size=2)
        async with database.transaction() as session:
            await fill(session, SEARCHED, today=clock.today(settings.timezone), now=clock.now())
        async with database.transaction() as session:
            await session.execute(text("ANALYZE"))
        async with database.transaction() as session:
            sample = "SELECT e.name, e.pinyin, e.initials, e.street_address, e.building, e.unit, e.door, n.e164 FROM elders e TABLESAMPLE BERNOULLI (1) "
            people = (await session.execute(text(sample + "JOIN elder_numbers n ON n.elder_id = e.id AND n.position = 1 LIMIT 60"))).all()
            took: list[tuple[float, str, int]] = []
            for who in people:
                for way, typed in (
                    ("name", who.name),
                    ("surname", who.name[:1]),
                    ("pinyin", who.pinyin),
                    ("initials", who.initials),
                    ("number", who.e164.removeprefix("+86")),
                    ("last four", who.e164[-4:]),
                    ("address", f"{who.street_address} {who.building}-{who.unit}-{who.door}"),
                ):
                    began = time.perf_counter()
                    found = await search_elders(session, typed)
                    took.append(((time.perf_counter() - began) * 1000, way, len(found)))
        await database.close()
    slowest = max(took)
    return [
        Figure(
            "search_elders",
            f"search among {SEARCHED:,} elders by name, pinyin, initials, number, last four digits, address, p99",
            round(quantile([ms for ms, _, _ in took], 0.99), 1), "ms", 150, "", None, None,
            f"median {median(ms for ms, _, _ in took):.1f} ms of {len(took)}; slowest by {slowest[1]}: {slowest[0]:.0f} ms; "
            f"{sum(not hits for _, _, hits in took)} found nobody",
        )
    ]  # fmt: skip
