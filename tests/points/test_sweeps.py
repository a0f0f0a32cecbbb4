"""What follows by itself from profiles: deaths, merges and merges taken back; and a step that fails stops none of the others."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count

import pytest
import pytest_asyncio
from sqlalchemy import text

from callcenter.accounts.actor import system
from callcenter.elders import merging
from callcenter.elders.actions import create_elder
from callcenter.elders.queries import get_profile
from callcenter.elders.schemas import NewElder
from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.points import jobs
from callcenter.points.families.giving import CLAIM
from callcenter.points.ledger.accounts import Whose, balance_of
from callcenter.points.ledger.kinds import Holder, Ledger, Pocket
from callcenter.points.members.actions import freeze, member_of, unfreeze
from callcenter.points.members.states import FrozenWhy
from callcenter.points.scheme import Scheme
from callcenter.seed.places import region_id
from tests.points.books import Books

TEST = system("test")
_numbers = count(13_855_550_000)


@dataclass
class Profiles:
    books: Books
    owner: Database

    async def elder(self, points: int) -> uuid.UUID:
        profile = {
            "name": "尉迟秀莲", "community_id": region_id("420606-01-01"), "birth_date": date(1950, 2, 28), "numbers": [str(next(_numbers))],
            "contacts": [],
        }  # fmt: skip
        async with self.owner.transaction() as session:
            made = (await create_elder(session, TEST, NewElder.model_validate(profile))).id
        async with self.books.database.transaction() as session:
            await member_of(session, made)
        self.books.people[str(made)] = Whose(Holder.ELDER, made)
        if points:
            await self.books.earn(str(made), points)
        return made

    async def has(self, elder_id: uuid.UUID) -> tuple[int, int]:
        """(available, frozen)"""
        async with self.books.database.transaction() as session:
            whose = Whose(Holder.ELDER, elder_id)
            return (
                await balance_of(session, Ledger.PT, whose, Pocket.AVAILABLE),
                await balance_of(session, Ledger.PT, whose, Pocket.FROZEN),
            )

    async def is_now(self, elder_id: uuid.UUID, presence: str) -> None:
        async with self.owner.transaction() as session:
            await session.execute(text("UPDATE elders SET presence = :presence WHERE id = :id"), {"presence": presence, "id": elder_id})

    async def merge(self, kept: uuid.UUID, merged: uuid.UUID) -> uuid.UUID:
        async with self.owner.transaction() as session:
            versions = [(await get_profile(session, one)).version for one in (kept, merged)]
            made = await merging.merge_profiles(
                session, TEST, kept_id=kept, merged_id=merged, kept_version=versions[0], merged_version=versions[1], reason="同一位老人"
            )
            return made.id

    async def part(self, merge_id: uuid.UUID) -> None:
        async with self.owner.transaction() as session:
            await merging.undo_merge(session, TEST, merge_id)

    async def sweep(self) -> None:
        """Two workers at the same time."""
        await asyncio.gather(*(jobs.sweep_points(self.books.database) for _ in range(2)))


@pytest_asyncio.fixture
async def profiles(books: Books) -> AsyncIterator[Profiles]:
    owner = Database(books.owner_url, pool_size=2)
    yield Profiles(books, owner)
    clock.reset()
    await owner.close()


async def test_a_death_freezes_and_a_mistake_gives_back(profiles: Profiles) -> None:
    elder = await profiles.elder(50)
    await profiles.is_now(elder, "deceased")
    await profiles.sweep()
    assert await profiles.has(elder) == (0, 50)
    await profiles.is_now(elder, "home")
    await profiles.sweep()
    assert await profiles.has(elder) == (50, 0)
    assert (await profiles.books.verify()).findings == ()


async def test_what_nobody_claims_is_the_funds(profiles: Profiles) -> None:
    elder = await profiles.elder(50)
    await profiles.is_now(elder, "deceased")
    await profiles.sweep()
    clock.shift(CLAIM - timedelta(hours=1))
    await profiles.sweep()
    assert await profiles.has(elder) == (0, 50)
    clock.shift(timedelta(hours=2))
    await profiles.sweep()
    assert await profiles.has(elder) == (0, 0)
    ((fund,),) = await profiles.books.rows("SELECT balance FROM ledger_accounts WHERE holder = 'fund' AND ledger = 'PT'")
    assert fund == 50


async def test_two_profiles_become_one_account_and_part_again(profiles: Profiles) -> None:
    kept, merged = await profiles.elder(10), await profiles.elder(50)
    merge_id = await profiles.merge(kept, merged)
    await profiles.sweep()
    assert (await profiles.has(kept), await profiles.has(merged)) == ((60, 0), (0, 0))
    await profiles.books.spend(str(kept), 25, "shop")
    await profiles.part(merge_id)
    await profiles.sweep()
    await profiles.sweep()
    assert (await profiles.has(kept), await profiles.has(merged)) == ((0, 0), (35, 0))  # what was spent meanwhile is spent
    assert (await profiles.books.verify()).findings == ()


async def test_one_that_can_not_be_done_stops_none_of_the_others(profiles: Profiles) -> None:
    """An account that was closed can take nothing; the death of somebody else is followed all the same, and the books are sealed."""
    kept, merged, dead = await profiles.elder(0), await profiles.elder(50), await profiles.elder(30)
    await profiles.merge(kept, merged)
    async with profiles.owner.transaction() as session:
        await session.execute(text("UPDATE points_members SET state = 'closed' WHERE id = :id"), {"id": kept})
        await session.execute(
            text(
                "INSERT INTO ledger_accounts (id, ledger, holder, holder_id, pocket, balance, postings, opened_at)"
                " VALUES (gen_random_uuid(), 'PT', 'elder', :id, 'available', 0, 0, now())"
            ),
            {"id": kept},
        )
        await session.execute(text("UPDATE ledger_accounts SET closed_at = now() WHERE holder_id = :id"), {"id": kept})
    await profiles.is_now(dead, "deceased")
    await profiles.sweep()
    assert await profiles.has(merged) == (50, 0)
    assert await profiles.has(dead) == (0, 30)
    ((blocks,),) = await profiles.books.rows("SELECT count(*) FROM ledger_blocks")
    assert blocks >= 1


async def test_a_step_that_fails_stops_none_of_the_others(profiles: Profiles, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(_: Database) -> None:
        raise RuntimeError

    monkeypatch.setitem(jobs.STEPS, "holds", fails)
    monkeypatch.setitem(jobs.STEPS, "earning", fails)
    elder = await profiles.elder(50)
    await profiles.is_now(elder, "deceased")
    await profiles.sweep()
    assert await profiles.has(elder) == (0, 50)
    ((blocks,),) = await profiles.books.rows("SELECT count(*) FROM ledger_blocks")
    assert blocks >= 1


async def test_one_sweep_at_a_time(profiles: Profiles, monkeypatch: pytest.MonkeyPatch) -> None:
    running, most = 0, 0

    async def slow(_: Database) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.05)
        running -= 1

    monkeypatch.setitem(jobs.STEPS, "proof", slow)
    sweeper = jobs.Sweeper(profiles.books.database)
    await asyncio.gather(*(sweeper.look() for _ in range(5)))
    await sweeper.look()
    assert most == 1


async def test_bills_taken_back_and_freezing_at_the_same_time(profiles: Profiles) -> None:
    """Both lock her before her accounts: neither waits in a ring, and in the end what came back lies frozen."""
    elder, shop, scheme = await profiles.elder(50), uuid.uuid4(), Scheme()
    for turn in range(8):
        key = f"bill:{turn}"
        async with profiles.books.database.transaction() as session:
            await scheme.reserve(session, elder, shop, 50, key=key)
            await scheme.confirm(session, key=key)

        async def take_back(key: str = key) -> None:
            async with profiles.books.database.transaction() as session:
                await scheme.void(session, elder, key=key)

        async def freeze_her() -> None:
            async with profiles.books.database.transaction() as session:
                await freeze(session, TEST, elder, FrozenWhy.LOST)

        await asyncio.gather(take_back(), freeze_her(), take_back())
        await profiles.sweep()
        assert await profiles.has(elder) == (0, 50)
        async with profiles.books.database.transaction() as session:
            await unfreeze(session, TEST, elder)
    assert (await profiles.books.verify()).findings == ()
