"""Families, gifts with their caps, donations, two persons, deaths, merged profiles."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.roles import Role
from callcenter.kit import clock
from callcenter.kit.errors import AppError, Conflict, Forbidden, Invalid
from callcenter.kit.listen import plain_url
from callcenter.points.families.approvals import approve, do_or_ask, expire_due, refuse
from callcenter.points.families.giving import donate, give, inherit, leave_to_fund
from callcenter.points.families.groups import join_family, leave_family, list_stays
from callcenter.points.families.states import Deed, LeftWhy, Proof
from callcenter.points.members.actions import freeze, unfreeze, volunteer_member
from callcenter.points.members.states import FrozenWhy
from tests.points.books import TEST, Books

MONTH, YEAR = 2_000, 10_000
ONE = Actor("user", uuid.uuid4(), "周敏", Role.AGENT)
TWO = Actor("user", uuid.uuid4(), "秦岭", Role.SUPERVISOR)


class Family:
    """Members by name; they are volunteers here, so that no profile is needed."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.ids: dict[str, uuid.UUID] = {}

    async def member(self, name: str) -> uuid.UUID:
        if name not in self.ids:
            from_books = uuid.uuid4()
            async with self.books.database.transaction() as session:
                member = await volunteer_member(session, from_books)
            self.ids[name] = member.id
            self.books.people[name] = member.whose
        return self.ids[name]

    async def do(self, what: Callable[[AsyncSession], Awaitable[Any]]) -> Any:
        async with self.books.database.transaction() as session:
            return await what(session)

    async def join(self, name: str, with_: str) -> None:
        mine, hers = await self.member(name), await self.member(with_)
        await self.do(lambda session: join_family(session, ONE, mine, with_id=hers, proof=Proof.HOUSEHOLD_BOOK))

    async def give(self, giver: str, taker: str, amount: int, gift: uuid.UUID | None = None) -> None:
        one, other, gift_id = await self.member(giver), await self.member(taker), gift or uuid.uuid4()
        await self.do(lambda session: give(session, ONE, gift_id, one, other, amount))

    async def code(self, doing: Awaitable[object]) -> str:
        with pytest.raises(AppError) as refused:
            await doing
        return refused.value.code


@pytest_asyncio.fixture
async def family(books: Books) -> Family:
    with psycopg.connect(plain_url(books.owner_url)) as owner:
        owner.execute("TRUNCATE points_families, points_family_members, points_approvals, points_members CASCADE")
    return Family(books)


async def test_five_at_most_each_in_one_family(family: Family) -> None:
    for name in ("b", "c", "d", "e"):
        await family.join(name, "a")
    await family.join("e", "a")  # harmless twice
    assert await family.code(family.join("f", "a")) == "family_full"
    await family.join("g", "h")
    assert await family.code(family.join("g", "a")) == "family_other"
    assert await family.code(family.join("a", "a")) == "family_self"
    await family.do(lambda session: leave_family(session, ONE, family.ids["e"], LeftWhy.ASKED))
    await family.do(lambda session: leave_family(session, ONE, family.ids["e"], LeftWhy.ASKED))
    await family.join("f", "a")
    stays = await family.do(lambda session: list_stays(session, family.ids["a"]))
    assert len(stays) == 6 and [stay.left_why for stay in stays if stay.left_at] == [LeftWhy.ASKED]


async def test_a_gift_stays_in_the_family_and_under_its_caps(family: Family) -> None:
    await family.join("b", "a")
    await family.member("stranger")
    await family.books.earn("a", 5_000)
    gift = uuid.uuid4()
    for _ in range(2):
        await family.give("a", "b", 1_500, gift)
    assert await family.code(family.give("a", "b", 1_600, gift)) == "key_conflict"
    assert await family.code(family.give("a", "b", 501)) == "gift_month"
    assert await family.code(family.give("a", "stranger", 1)) == "not_family"
    assert await family.code(family.give("a", "a", 1)) == "not_family"
    for wrong in (0, -5, True, 1.5, 10**13):
        assert await family.code(family.give("a", "b", wrong)) == "bad_units"  # type: ignore[arg-type]
    await family.give("a", "b", 500)
    assert (await family.books.balances("a"), await family.books.balances("b")) == ({"available": 3_000}, {"available": 2_000})
    await family.do(lambda session: freeze(session, ONE, family.ids["b"], FrozenWhy.LOST))
    assert await family.code(family.give("b", "a", 1)) == "points_frozen"
    assert (await family.books.balances("b")) == {"frozen": 2_000}
    await family.do(lambda session: unfreeze(session, ONE, family.ids["b"]))
    assert not (await family.books.verify()).findings


async def test_in_any_order_caps_hold_and_nothing_is_lost(family: Family) -> None:
    """Random gifts over fourteen months, among three, also at the same time."""
    chance = random.Random(7)
    for name in ("b", "c"):
        await family.join(name, "a")
    for name in ("a", "b", "c"):
        await family.books.earn(name, 40_000)
    try:
        for _ in range(14):
            pairs = [chance.sample(["a", "b", "c"], 2) for _ in range(9)]
            sums = [chance.choice((1, 300, 700, 999, 1_999, 2_000, 2_001)) for _ in pairs]
            gifts = (family.give(giver, taker, many) for (giver, taker), many in zip(pairs, sums, strict=True))
            done = await asyncio.gather(*gifts, return_exceptions=True)
            assert all(one is None or isinstance(one, Conflict) for one in done), done
            clock.shift(timedelta(days=31))
    finally:
        clock.reset()
    given = await family.books.rows(
        "SELECT account_id, date_trunc('month', booked_on) AS month, date_part('year', booked_on) AS year, -sum(amount) AS given "
        "FROM ledger_postings JOIN ledger_entries USING (booked_on) WHERE ledger_entries.id = entry_id AND kind = 'give' AND amount < 0 GROUP BY 1, 2, 3"
    )
    assert given and all(row.given <= MONTH for row in given)
    years: dict[tuple[object, object], int] = {}
    for row in given:
        years[row.account_id, row.year] = years.get((row.account_id, row.year), 0) + int(row.given)
    assert max(years.values()) <= YEAR
    assert sum([(await family.books.balances(name))["available"] for name in ("a", "b", "c")]) == 120_000
    assert not (await family.books.verify()).findings


async def test_above_the_bound_another_person_agrees_once(family: Family) -> None:
    await family.member("a")
    await family.books.earn("a", 20_000)
    mine, deed = family.ids["a"], uuid.uuid4()

    async def ask(amount: int = 6_000) -> object:
        return await family.do(
            lambda session: do_or_ask(session, ONE, deed, Deed.DONATION, member_id=mine, to_id=None, amount=amount, reason="她要捐")
        )

    assert await ask() is not None and await ask() is not None
    assert await family.code(ask(6_001)) == "key_conflict"
    with pytest.raises(Forbidden):
        await family.do(lambda session: approve(session, ONE, deed))
    others = [Actor("user", uuid.uuid4(), f"主管{n}", Role.SUPERVISOR) for n in range(5)]

    async def agree(actor: Actor) -> object:
        return await family.do(lambda session: approve(session, actor, deed))

    done = await asyncio.gather(*(agree(actor) for actor in others), return_exceptions=True)
    assert sum(not isinstance(one, BaseException) for one in done) == 1, done
    assert (await family.books.balances("a")) == {"available": 14_000}
    small = await family.do(
        lambda session: do_or_ask(session, ONE, uuid.uuid4(), Deed.DONATION, member_id=mine, to_id=None, amount=5_000, reason="")
    )
    assert small is None and (await family.books.balances("a")) == {"available": 9_000}


async def test_what_nobody_agrees_to_ends_after_seven_days(family: Family) -> None:
    await family.member("a")
    await family.books.earn("a", 20_000)
    late, refused = uuid.uuid4(), uuid.uuid4()

    async def ask(deed: uuid.UUID) -> None:
        a = family.ids["a"]
        await family.do(
            lambda session: do_or_ask(session, ONE, deed, Deed.DONATION, member_id=a, to_id=None, amount=7_000, reason="她要捐")
        )

    await ask(late)
    await ask(refused)
    await family.do(lambda session: refuse(session, TWO, refused))
    assert await family.code(family.do(lambda session: approve(session, TWO, refused))) == "illegal_move"
    try:
        clock.shift(timedelta(days=7, seconds=1))
        assert await family.code(family.do(lambda session: approve(session, TWO, late))) == "approval_expired"
        assert await family.do(expire_due) == 1
    finally:
        clock.reset()
    assert (await family.books.balances("a")) == {"available": 20_000}


async def test_heirs_have_half_a_year_then_it_is_the_funds(family: Family) -> None:
    await family.join("heir", "dead")
    await family.member("other")
    await family.books.earn("dead", 900)
    await family.books.earn("other", 70)
    dead, heir, claim = family.ids["dead"], family.ids["heir"], uuid.uuid4()

    async def ask(reason: str = "户口簿") -> object:
        return await family.do(
            lambda session: do_or_ask(session, ONE, claim, Deed.INHERITANCE, member_id=dead, to_id=heir, amount=0, reason=reason)
        )

    assert await family.code(ask()) == "not_dead"
    await family.do(lambda session: freeze(session, TEST, dead, FrozenWhy.DEATH))
    with pytest.raises(Invalid):
        await ask("")
    await ask()
    await family.do(lambda session: approve(session, TWO, claim))
    assert (await family.books.balances("heir"), await family.books.balances("dead")) == ({"available": 900}, {})
    other = family.ids["other"]
    await family.do(lambda session: freeze(session, TEST, other, FrozenWhy.DEATH))
    assert not await family.do(lambda session: leave_to_fund(session, TEST, other))
    try:
        clock.shift(timedelta(days=181))
        assert await family.code(family.do(lambda session: inherit(session, TWO, uuid.uuid4(), other, heir))) == "claim_late"
        assert await family.do(lambda session: leave_to_fund(session, TEST, other))
    finally:
        clock.reset()
    assert (await family.books.balances("other")) == {}
    assert not (await family.books.verify()).findings


async def test_a_donation_is_once(family: Family) -> None:
    await family.member("a")
    await family.books.earn("a", 100)
    gift = uuid.uuid4()
    for _ in range(2):
        await family.do(lambda session: donate(session, ONE, gift, family.ids["a"], 60))
    assert await family.code(family.do(lambda session: donate(session, ONE, uuid.uuid4(), family.ids["a"], 41))) == "not_enough"
    assert (await family.books.balances("a")) == {"available": 40}
