"""A night of the books: clean, and with a break that somebody has planted with the owner's password."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import psycopg
import pytest
import pytest_asyncio

from callcenter.accounts.actor import Actor
from callcenter.accounts.roles import Role
from callcenter.centre.queries import get_values
from callcenter.kit.errors import Conflict
from callcenter.kit.listen import plain_url
from callcenter.points.checks.models import ReviewState
from callcenter.points.checks.nights import check_books, last_check, open_redemption
from callcenter.points.checks.reviews import decide, find_same_store, list_reviews
from callcenter.points.ledger.kinds import Holder
from callcenter.points.members.actions import volunteer_member
from callcenter.settings import get_settings
from tests.points.books import TEST, Books

SUPERVISOR = Actor("user", uuid.uuid4(), "秦岭", Role.SUPERVISOR)


@pytest_asyncio.fixture
async def night(books: Books) -> AsyncIterator[Books]:
    with psycopg.connect(plain_url(books.owner_url)) as owner:
        owner.execute("TRUNCATE points_checks, points_reviews, points_members CASCADE")
    yield books
    with psycopg.connect(plain_url(books.owner_url)) as owner:
        owner.execute("DELETE FROM centre_settings WHERE key = 'points_redemption'")
    books.empty()


async def is_open(books: Books) -> bool:
    async with books.database.transaction() as session:
        return (await get_values(session, get_settings())).switch("points_redemption")


async def test_a_break_stops_redemption_until_the_books_are_clean(night: Books) -> None:
    await night.earn("wang", 300)
    await night.spend("wang", 100, "store")
    await night.seal()
    clean = await check_books(night.database, TEST, by_hand=False)
    assert clean is not None and (clean.clean, clean.findings, clean.liability_fen, len(clean.head)) == (True, [], 200, 64)
    assert await check_books(night.database, TEST, by_hand=False) is None  # once a night
    assert await is_open(night)

    with psycopg.connect(plain_url(night.owner_url)) as owner:
        owner.execute("ALTER TABLE ledger_holdings DISABLE TRIGGER USER")
        owner.execute("UPDATE ledger_holdings SET amount = 205 WHERE amount = 200")
        owner.execute("ALTER TABLE ledger_holdings ENABLE TRIGGER USER")
    broken = await check_books(night.database, TEST, by_hand=True)
    assert broken is not None and not broken.clean and {one["check"] for one in broken.findings} >= {"lots", "holdings"}
    assert not await is_open(night)
    async with night.database.transaction() as session:
        with pytest.raises(Conflict, match="did not balance"):
            await open_redemption(session, SUPERVISOR, "以为没事")

    with psycopg.connect(plain_url(night.owner_url)) as owner:
        owner.execute("ALTER TABLE ledger_holdings DISABLE TRIGGER USER")
        owner.execute("UPDATE ledger_holdings SET amount = 200 WHERE amount = 205")
        owner.execute("ALTER TABLE ledger_holdings ENABLE TRIGGER USER")
    assert (await check_books(night.database, TEST, by_hand=True)).clean  # type: ignore[union-attr]
    assert not await is_open(night)  # a person opens it
    async with night.database.transaction() as session:
        await open_redemption(session, SUPERVISOR, "核对无误")
        last = await last_check(session)
        assert last is not None and last.clean
    assert await is_open(night)


async def test_too_often_at_one_store_is_looked_at_once(night: Books) -> None:
    member_id = uuid.uuid4()
    async with night.database.transaction() as session:
        night.people["li"] = (await volunteer_member(session, member_id)).whose
    store = night.who("store", Holder.STORE)
    for _ in range(3):
        await night.earn("li", 10, issuer=store)
    for expected in (0, 1, 0):
        async with night.database.transaction() as session:
            assert await find_same_store(session) == expected
        await night.earn("li", 10, issuer=store)
    async with night.database.transaction() as session:
        (review,) = await list_reviews(session, ReviewState.OPEN)
        assert review.member_id == member_id and review.details["times"] == 4
        await decide(session, SUPERVISOR, review.id, state=ReviewState.CLEARED, reason="家里办酒席")
    async with night.database.transaction() as session:
        with pytest.raises(Conflict):
            await decide(session, SUPERVISOR, review.id, state=ReviewState.CONFIRMED, reason="再看看")
