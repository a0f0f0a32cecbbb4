"""One holder at a time; who lost it and does not know writes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import text

from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.kit.lease import Lease, LeaseLost

TTL = 2.0
LATER = timedelta(seconds=TTL + 0.1)


@pytest_asyncio.fixture
async def database(house_app_url: str) -> AsyncIterator[Database]:
    opened = Database(house_app_url, pool_size=10)
    async with opened.transaction() as session:
        await session.execute(text("DELETE FROM leases WHERE name LIKE 'test%'"))
        await session.execute(text("DELETE FROM options WHERE kind = 'test'"))
    yield opened
    clock.reset()
    async with opened.transaction() as session:
        await session.execute(text("DELETE FROM options WHERE kind = 'test'"))
    await opened.close()


def lease(database: Database, name: str = "test") -> Lease:
    return Lease(database, name, ttl=TTL)


async def write(database: Database, holder: Lease, what: str) -> None:
    """As every transaction of a holder does it."""
    async with database.transaction() as session:
        await holder.check_epoch(session)
        await session.execute(text("INSERT INTO options VALUES ('test', :what, 1, '', '')"), {"what": what})


async def written(database: Database) -> list[str]:
    async with database.transaction() as session:
        return list(await session.scalars(text("SELECT code FROM options WHERE kind = 'test' ORDER BY code")))


async def test_the_first_has_it_and_the_second_waits(database: Database) -> None:
    first, second = lease(database), lease(database)
    assert await first.try_acquire() and not await second.try_acquire()
    assert (first.epoch, second.epoch) == (1, 0)
    assert await lease(database, "test of another pbx").try_acquire()


async def test_of_many_at_one_moment_one_has_it(database: Database) -> None:
    many = [lease(database) for _ in range(10)]
    assert sum(await asyncio.gather(*[one.try_acquire() for one in many])) == 1


async def test_the_holder_that_asks_again_keeps_its_epoch(database: Database) -> None:
    first = lease(database)
    assert await first.try_acquire() and await first.try_acquire()
    assert first.epoch == 1
    clock.shift(LATER)
    assert await first.try_acquire() and first.epoch == 1  # run out, and nobody took it


async def test_a_renewed_lease_does_not_run_out(database: Database) -> None:
    first, second = lease(database), lease(database)
    await first.try_acquire()
    for _ in range(3):
        clock.shift(timedelta(seconds=TTL * 0.9))
        await first.renew()
        assert not await second.try_acquire()


async def test_a_lease_that_ran_out_is_renewed_when_nobody_took_it(database: Database) -> None:
    first = lease(database)
    await first.try_acquire()
    clock.shift(LATER)
    await first.renew()
    assert not await lease(database).try_acquire()


async def test_what_ran_out_is_the_next_ones_with_a_higher_epoch(database: Database) -> None:
    first, second = lease(database), lease(database)
    await first.try_acquire()
    clock.shift(LATER)
    assert await second.try_acquire() and second.epoch == 2
    with pytest.raises(LeaseLost):
        await first.renew()
    assert not await first.try_acquire()
    clock.shift(LATER)
    assert await first.try_acquire() and first.epoch == 3


async def test_who_thaws_late_writes_nothing(database: Database) -> None:
    first, second = lease(database), lease(database)
    await first.try_acquire()
    await write(database, first, "a")
    clock.shift(LATER)
    await second.try_acquire()
    with pytest.raises(LeaseLost):
        await write(database, first, "b")
    await write(database, second, "c")
    assert await written(database) == ["a", "c"]


async def test_without_a_lease_nothing_is_written(database: Database) -> None:
    with pytest.raises(LeaseLost):
        await write(database, lease(database), "a")
    assert await written(database) == []


async def test_nobody_takes_over_in_the_middle_of_a_transaction(database: Database) -> None:
    first, second = lease(database), lease(database)
    await first.try_acquire()
    clock.shift(LATER)
    async with database.transaction() as session:
        await first.check_epoch(session)
        taking = asyncio.create_task(second.try_acquire())
        for _ in range(20):  # it waits for our commit, whatever it is given to run
            await session.execute(text("SELECT pg_sleep(0.01)"))
        assert not taking.done()
        await session.execute(text("INSERT INTO options VALUES ('test', 'whole', 1, '', '')"))
    assert await taking and second.epoch == 2
    assert await written(database) == ["whole"]


async def test_who_leaves_in_order_makes_nobody_wait(database: Database) -> None:
    first, second = lease(database), lease(database)
    await first.try_acquire()
    await first.give_up()
    assert await second.try_acquire() and second.epoch == 2
    await first.give_up()  # harmless: it is another's now
    assert not await lease(database).try_acquire()
