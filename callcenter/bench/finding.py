"""Finding the caller among a million elders."""

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
from callcenter.elders.queries import find_elders_by_number
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.phone import candidates
from callcenter.local.postgres import temporary_postgres
from callcenter.migrations.run import migrate
from callcenter.seed.writing import fill
from callcenter.settings import Settings

ELDERS, LOOKS = 1_000_000, 2_000


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
