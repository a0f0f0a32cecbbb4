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
HELD = "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE l.locktype = 'advisory' AND d.datname = current_database()"
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


async def test_a_tied_holder_that_is_killed_is_followed_at_once(database: Database) -> None:
    first, second = lease(database), lease(database)
    await first.try_acquire()
    await first.tie()
    assert not await second.try_acquire(), "it lives, or is frozen: its connection is there"
    await first.untie()  # as the kernel does it for a process that is killed
    assert await follows(second) and second.epoch == 2
    with pytest.raises(LeaseLost):
        await write(database, first, "a")
    assert not await lease(database).try_acquire(), "the one before was tied, this one is not yet"


async def test_who_was_never_tied_is_waited_out(database: Database) -> None:
    await lease(database).try_acquire()
    assert not await lease(database).try_acquire()


async def test_a_server_that_has_started_since_knows_nothing_of_a_tie(database: Database) -> None:
    first, second = lease(database), lease(database)
    await first.try_acquire()
    await first.tie()
    await first.untie()
    async with database.transaction() as session:
        await session.execute(text("UPDATE leases SET tied_at = pg_postmaster_start_time() - interval '1 s' WHERE name = 'test'"))
    assert not await second.try_acquire()
    clock.shift(LATER)
    assert await second.try_acquire()


async def test_a_tie_that_is_cut_is_made_again(database: Database) -> None:
    first, second = lease(database), lease(database)
    await first.try_acquire()
    await first.tie()
    async with database.transaction() as session:
        cut = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = CAST(hashtext('test') AS text)::bigint::oid"
        await session.execute(text(cut))
    await until_free(database)
    await first.tie()
    assert not await second.try_acquire()
    await first.untie()


async def until_free(database: Database) -> None:
    """A connection that is cut is gone a moment later."""
    async with asyncio.timeout(10):
        while True:
            async with database.transaction() as session:
                if not await session.scalar(text(HELD)):
                    return
            await asyncio.sleep(0.01)


async def follows(next_one: Lease) -> bool:
    """Within the time that the lease would still have run, by the application's clock, which stands still for it."""
    await until_free(next_one.database)
    return await next_one.try_acquire()


async def test_a_clock_that_was_put_back_lets_nobody_wait_for_the_dead(database: Database) -> None:
    """The row says that it is held for five minutes more: a holder who lives says otherwise within the ttl, a dead one is waited out."""
    dead, alive, waiting = lease(database), lease(database, "test of another pbx"), lease(database)
    assert await dead.try_acquire() and await alive.try_acquire()
    clock.set_by(timedelta(minutes=-5))
    assert not await waiting.try_acquire()
    assert not await lease(database, "test of another pbx").try_acquire()
    await alive.renew()
    clock.shift(LATER)
    assert await waiting.try_acquire()
    assert alive.epoch == 1
    await alive.renew()
