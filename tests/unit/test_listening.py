"""PostgreSQL's wake-ups: who stops listening leaves no connection behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio
from sqlalchemy import text

from callcenter.kit.db import Database
from callcenter.kit.listen import wakes

CHANNEL = "the_tests_own"


@pytest_asyncio.fixture
async def database(house_app_url: str) -> AsyncIterator[Database]:
    opened = Database(house_app_url)
    yield opened
    await opened.close()


async def listeners(database: Database) -> int:
    async with database.transaction() as session:
        found = await session.execute(text("SELECT count(*) FROM pg_stat_activity WHERE query = :said"), {"said": f"LISTEN {CHANNEL}"})
        return int(found.scalar_one())


async def no_listener_is_left(database: Database) -> None:
    while await listeners(database):  # the server notices a closed connection a moment later
        await asyncio.sleep(0.02)


async def test_stopped_in_the_middle_of_a_turn_it_closes_its_connection(database: Database) -> None:
    async with wakes(database.url, CHANNEL, every=30.0) as heard:
        async for _ in heard:
            assert await listeners(database) == 1
            break
    await asyncio.wait_for(no_listener_is_left(database), 10.0)  # `heard` is still held: nobody collects it


async def test_cancelled_in_a_turn_it_closes_its_connection(database: Database) -> None:
    inside, held = asyncio.Event(), []

    async def watch() -> None:
        async with wakes(database.url, CHANNEL, every=30.0) as heard:
            held.append(heard)
            async for _ in heard:
                inside.set()
                await asyncio.Event().wait()

    watching = asyncio.create_task(watch())
    await inside.wait()
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    await asyncio.wait_for(no_listener_is_left(database), 10.0)
