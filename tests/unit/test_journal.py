"""Voice's writer: in order, whatever the database does; and one bad change harms no other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.engine.journal import BATCH, Change, Journal
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.lease import Lease, LeaseLost
from callcenter.kit.listen import plain_url
from tests.house import until


class Desk:
    """A journal with its lease, and what has come of it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.lease = Lease(database, "test journal", ttl=60)
        self.lost = 0
        self.journal = Journal(database, self.lease, self._on_lost)

    def _on_lost(self) -> None:
        self.lost += 1

    async def written(self) -> list[str]:
        async with self.database.transaction() as session:
            return list(await session.scalars(text("SELECT verb FROM audit WHERE actor_kind = 'test' ORDER BY id")))


def line(word: str) -> Change:
    """One line; its number is the order in which it was written."""

    async def change(session: AsyncSession) -> None:
        statement = "INSERT INTO audit (at, actor_kind, actor_name, verb, object_id, purpose, details) VALUES (now(), 'test', '', :word, '', '', '{}')"
        await session.execute(text(statement), {"word": word})

    return change


async def refused_by_the_database(session: AsyncSession) -> None:
    await session.execute(text("INSERT INTO lines (number, kind, label) VALUES ('12349', 'service', 'twice')"))


async def fault_of_ours(session: AsyncSession) -> None:
    await line("half of a change")(session)
    raise KeyError("a bug")


@pytest_asyncio.fixture
async def desk(house_owner_url: str, house_app_url: str) -> AsyncIterator[Desk]:
    owner = Database(house_owner_url, pool_size=1)
    async with owner.transaction() as session:
        await session.execute(text("DELETE FROM audit WHERE actor_kind = 'test'"))
        await session.execute(text("DELETE FROM leases WHERE name = 'test journal'"))
    database = Database(house_app_url, pool_size=4)
    made = Desk(database)
    assert await made.lease.try_acquire()
    made.journal.start()
    yield made
    await made.journal.close()
    clock.reset()
    await database.close()
    await owner.close()


@contextmanager
def database_away(owner_url: str) -> Iterator[None]:
    """The processes' role is shut out and its connections are cut."""
    with psycopg.connect(plain_url(owner_url), autocommit=True) as owner:
        owner.execute("ALTER ROLE onekey_app NOLOGIN")
        owner.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'onekey_app'")
        try:
            yield
        finally:
            owner.execute("ALTER ROLE onekey_app LOGIN")


def words(count: int) -> list[str]:
    return [f"{n:03}" for n in range(count)]


async def test_what_is_put_in_is_written_in_order(desk: Desk) -> None:
    for word in words(3 * BATCH + 5):
        desk.journal.put(line(word))
    await desk.journal.write(line("last"))
    assert await desk.written() == [*words(3 * BATCH + 5), "last"]
    assert desk.journal.behind() == 0


async def test_write_returns_when_it_is_committed(desk: Desk) -> None:
    for word in ("a", "b"):
        await desk.journal.write(line(word))
        assert (await desk.written())[-1] == word


@pytest.mark.parametrize("bad", [refused_by_the_database, fault_of_ours])
@pytest.mark.parametrize("at", [0, 1, 7])
async def test_a_bad_change_is_left_out_alone_and_its_writer_is_told(desk: Desk, bad: Change, at: int) -> None:
    for word in words(at):
        desk.journal.put(line(word))
    wanted = asyncio.create_task(desk.journal.write(bad))
    await asyncio.sleep(0)  # it has put its change in
    for word in words(10)[at:]:
        desk.journal.put(line(word))
    await desk.journal.write(line("last"))
    assert await desk.written() == [*words(10), "last"]
    with pytest.raises((IntegrityError, KeyError)):
        await wanted


async def test_a_bad_change_of_which_nobody_waits_is_left_out_too(desk: Desk) -> None:
    for n, word in enumerate(words(BATCH + 10)):
        desk.journal.put(line(word))
        if n % 7 == 0:
            desk.journal.put(fault_of_ours)
    await desk.journal.write(line("last"))
    assert await desk.written() == [*words(BATCH + 10), "last"]


async def test_while_the_database_is_away_changes_wait_and_are_written_in_order(desk: Desk, house_owner_url: str) -> None:
    await desk.journal.write(line("before"))
    with database_away(house_owner_url):
        for word in words(BATCH + 5):
            desk.journal.put(line(word))
        waiting = asyncio.create_task(desk.journal.write(line("last")))
        await until(lambda: desk.journal.behind() > 0.3, why="the journal is behind")
        assert not waiting.done()
    await waiting
    assert await desk.written() == ["before", *words(BATCH + 5), "last"]
    assert desk.journal.behind() == 0 and desk.lost == 0


async def test_a_connection_that_breaks_costs_no_change(desk: Desk, house_owner_url: str) -> None:
    async def keep_breaking() -> None:
        while True:
            with database_away(house_owner_url):
                pass
            await asyncio.sleep(0.03)

    breaking = asyncio.create_task(keep_breaking())
    for word in words(60):
        desk.journal.put(line(word))
        await asyncio.sleep(0.005)
    breaking.cancel()
    await desk.journal.write(line("last"))
    written = await desk.written()
    once = [word for n, word in enumerate(written) if word not in written[:n]]  # a commit whose answer was cut off is repeated
    assert once == [*words(60), "last"]


async def test_who_lost_the_lease_writes_nothing_more_and_leaves(desk: Desk) -> None:
    await desk.journal.write(line("mine"))
    clock.shift(timedelta(seconds=61))
    assert await Lease(desk.database, "test journal", ttl=60).try_acquire()
    desk.journal.put(line("late"))
    with pytest.raises(LeaseLost):
        await desk.journal.write(line("too late"))
    await until(lambda: desk.lost == 1, why="voice is told to leave")
    assert await desk.written() == ["mine"]


async def test_whoever_closes_writes_what_is_left(desk: Desk) -> None:
    for word in words(BATCH + 1):
        desk.journal.put(line(word))
    await desk.journal.close()
    assert await desk.written() == words(BATCH + 1)
