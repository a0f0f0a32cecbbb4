"""Events get their numbers in the order in which consoles see them: none lost, none twice, whoever dies."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator

import pytest_asyncio
from sqlalchemy import text

from callcenter.kit.db import Database
from callcenter.kit.outbox import publish
from callcenter.relay import LOCK, NUMBER, number_rows

BATCH = 500


@pytest_asyncio.fixture
async def database(house_app_url: str) -> AsyncIterator[Database]:
    opened = Database(house_app_url, pool_size=20)
    async with opened.transaction() as session:
        await session.execute(text("DELETE FROM outbox"))
    yield opened
    async with opened.transaction() as session:
        await session.execute(text("DELETE FROM outbox"))
    await opened.close()


async def tell(database: Database, *names: str) -> None:
    for name in names:
        async with database.transaction() as session:
            await publish(session, "case", name, {})


async def told(database: Database) -> list[str]:
    """As a console reads them."""
    async with database.transaction() as session:
        return list(await session.scalars(text("SELECT object_id FROM outbox WHERE seq IS NOT NULL ORDER BY seq")))


async def numbers(database: Database) -> list[int]:
    async with database.transaction() as session:
        return list(await session.scalars(text("SELECT seq FROM outbox WHERE seq IS NOT NULL ORDER BY id")))


async def test_what_is_committed_is_numbered_once_and_in_order(database: Database) -> None:
    await tell(database, "a", "b", "c")
    assert [await number_rows(database) for _ in range(2)] == [3, 0]
    await tell(database, "d")
    assert await number_rows(database) == 1
    assert await told(database) == ["a", "b", "c", "d"]
    given = await numbers(database)
    assert given == sorted(set(given)) and len(given) == 4


async def test_what_was_rolled_back_was_never_told(database: Database) -> None:
    class Broken(Exception):
        pass

    try:
        async with database.transaction() as session:
            await publish(session, "case", "never", {})
            raise Broken
    except Broken:
        pass
    assert await number_rows(database) == 0


async def test_who_commits_late_comes_late_and_is_not_lost(database: Database) -> None:
    """Ids are given at insert, numbers at publishing: a reader of "number > last" misses nobody."""
    async with database.transaction() as slow:
        await publish(slow, "case", "slow, with the lower id", {})
        await tell(database, "quick")
        assert await number_rows(database) == 1
        seen = await told(database)
    assert seen == ["quick"]
    assert await number_rows(database) == 1
    assert await told(database) == ["quick", "slow, with the lower id"]


async def test_more_than_a_batch_is_numbered_in_several(database: Database) -> None:
    async with database.transaction() as session:
        for n in range(BATCH * 2 + 1):
            await publish(session, "case", f"{n:04}", {})
    assert [await number_rows(database) for _ in range(4)] == [BATCH, BATCH, 1, 0]
    assert await told(database) == [f"{n:04}" for n in range(BATCH * 2 + 1)]


async def test_a_relay_that_dies_before_its_commit_leaves_all_to_the_next(database: Database) -> None:
    await tell(database, "a", "b")
    connection = await database.engine.connect()
    await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    assert len((await connection.execute(NUMBER)).all()) == 2
    waiting = asyncio.create_task(number_rows(database))  # the spare waits for the lock
    await tell(database, "c")
    assert not waiting.done()
    await connection.invalidate()  # the process is gone, its connection with it
    await connection.close()
    done = await waiting
    assert done + await number_rows(database) == 3
    assert await told(database) == ["a", "b", "c"]
    given = await numbers(database)
    assert len(set(given)) == 3


async def test_many_writers_two_relays_and_a_reader_who_only_looks_forward(database: Database) -> None:
    writers, each = 8, 25
    seen: list[str] = []
    done = asyncio.Event()

    async def write(who: int) -> None:
        for n in range(each):
            async with database.transaction() as session:
                await publish(session, "case", f"{who}:{n:03}", {})
                if (who + n) % 3 == 0:
                    await session.execute(text("SELECT pg_sleep(0.005)"))  # commits after those that began later

    async def relay() -> None:
        while not done.is_set() or await number_rows(database):
            await number_rows(database)

    async def read() -> None:
        last = 0
        while True:
            over = done.is_set() and relays_done()
            async with database.transaction() as session:
                rows = (
                    await session.execute(text("SELECT seq, object_id FROM outbox WHERE seq > :last ORDER BY seq LIMIT 7"), {"last": last})
                ).all()
            seen.extend(row.object_id for row in rows)
            last = rows[-1].seq if rows else last
            if over and not rows:
                return

    relays = [asyncio.create_task(relay()) for _ in range(2)]

    def relays_done() -> bool:
        return all(task.done() for task in relays)

    reader = asyncio.create_task(read())
    await asyncio.gather(*[write(who) for who in range(writers)])
    done.set()
    await asyncio.gather(*relays, reader)
    assert sorted(seen) == sorted(f"{who}:{n:03}" for who in range(writers) for n in range(each))
    for who in range(writers):  # of one writer in the order in which it wrote
        mine = [name for name in seen if name.startswith(f"{who}:")]
        assert mine == sorted(mine)


async def test_a_relay_killed_again_and_again_loses_nothing(database: Database, house_app_url: str) -> None:
    env = {"PATH": os.defpath, "ONEKEY_MODE": "test", "ONEKEY_APP_DATABASE_URL": house_app_url, "ONEKEY_LOG_LEVEL": "ERROR"}
    names = [f"{n:04}" for n in range(240)]

    async def write() -> None:
        for name in names:
            await tell(database, name)
            await asyncio.sleep(0.01)

    async def until_told(count: int) -> None:
        async with asyncio.timeout(30):
            while len(await told(database)) < count:
                await asyncio.sleep(0.02)

    writing = asyncio.create_task(write())
    for goal in (40, 120, len(names)):
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", "callcenter.cli", "relay", env=env)
        try:
            await until_told(goal)
        finally:
            process.kill()
            await process.wait()
    await writing
    assert await told(database) == names
    assert len(set(await numbers(database))) == len(names)
