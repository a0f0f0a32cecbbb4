"""The ledger by its own words: once for each key, never below zero, first in first out, two steps, backwards."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from callcenter.kit import clock
from callcenter.kit.errors import AppError, Conflict, Invalid
from callcenter.points.ledger.accounts import account_of, close_accounts
from callcenter.points.ledger.holds import void_due
from callcenter.points.ledger.kinds import EntryKind, Holder, HoldState, Ledger, Pocket
from callcenter.points.ledger.posting import post
from callcenter.points.ledger.queries import list_expiring, read_statement
from callcenter.points.ledger.rules import Held, Leg, check_units, expiry, move, take_first
from tests.points.books import TEST, Books


async def refused(books: Books, code: str, doing: Any) -> None:
    """With that code; and the books are as they were."""
    before = await books.rows("SELECT id, balance FROM ledger_accounts ORDER BY id")
    with pytest.raises(AppError) as caught:
        await doing
    assert caught.value.code == code
    assert await books.rows("SELECT id, balance FROM ledger_accounts ORDER BY id") == before


async def test_the_same_key_moves_once(books: Books) -> None:
    first, again = await books.earn("wang", 30, key="k"), await books.earn("wang", 30, key="k")
    assert (first.id, again.is_new) == (again.id, False)
    assert await books.balances("wang") == {"available": 30}
    await refused(books, "key_conflict", books.earn("wang", 31, key="k"))
    await refused(books, "key_conflict", books.earn("li", 30, key="k"))


async def test_the_same_key_at_the_same_time_moves_once(books: Books) -> None:
    await books.earn("wang", 100)
    done = await asyncio.gather(*(books.spend("wang", 40, "shop", key="k") for _ in range(12)))
    assert len({one.id for one in done}) == 1 and sum(one.is_new for one in done) == 1
    assert await books.balances("wang") == {"available": 60}


async def test_nobody_spends_more_than_there_is(books: Books) -> None:
    await books.earn("wang", 100)
    done = await asyncio.gather(*(books.spend("wang", 30, f"shop{n % 4}") for n in range(10)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["NotEnough"] * 7 + ["Posted"] * 3
    assert await books.balances("wang") == {"available": 10}
    assert (await books.verify()).findings == ()


async def test_what_expires_first_is_spent_first(books: Books) -> None:
    late, soon = date(2028, 3, 31), date(2028, 2, 29)
    await books.earn("wang", 50, expires=late)
    await books.earn("wang", 20, expires=soon)
    await books.spend("wang", 30, "shop")
    async with books.database.transaction() as session:
        (left,) = await list_expiring(session, await books.pocket("wang"))
    assert (left.expires_on, left.amount) == (late, 40)


async def test_lots_that_are_over_are_not_spent_and_expire(books: Books) -> None:
    await books.earn("wang", 20, expires=date(2026, 10, 31))
    await books.earn("wang", 5, expires=date(2026, 11, 30))
    await refused(books, "not_enough", books.spend("wang", 6, "shop", on=date(2026, 11, 1)))
    await books.expire("wang", date(2026, 11, 1))
    assert await books.balances("wang") == {"available": 5}
    await books.spend("wang", 5, "shop", on=date(2026, 11, 30))


async def test_points_keep_their_issuer_and_their_day_whoever_holds_them(books: Books) -> None:
    store = books.who("store", Holder.STORE)
    await books.earn("wang", 50, issuer=store, expires=date(2028, 1, 31))
    await books.give("wang", "li", 50)
    await books.spend("li", 50, "other store")
    ((issuer, amount),) = await books.rows(
        """SELECT lot.issuer_id, held.amount FROM ledger_holdings held JOIN ledger_lots lot ON lot.id = held.lot_id
           JOIN ledger_accounts account ON account.id = held.account_id WHERE account.pocket = 'redeemed'"""
    )
    assert (issuer, amount) == (store.id, 50)


async def test_backwards_once(books: Books) -> None:
    earned = await books.earn("wang", 100)
    await books.reverse(earned.id, key="r")
    await books.reverse(earned.id, key="r")
    assert await books.balances("wang") == {}
    await refused(books, "reversed", books.reverse(earned.id, key="another"))


async def test_what_was_spent_meanwhile_is_not_taken_back(books: Books) -> None:
    earned = await books.earn("wang", 100)
    await books.spend("wang", 1, "shop")
    await refused(books, "not_enough", books.reverse(earned.id))


async def test_two_steps(books: Books) -> None:
    await books.earn("wang", 100)
    await books.reserve("wang", 70, "shop", key="k")
    await books.reserve("wang", 70, "shop", key="k")
    assert await books.balances("wang") == {"available": 30, "reserved": 70}
    await refused(books, "not_enough", books.spend("wang", 31, "shop"))
    await refused(books, "key_conflict", books.reserve("wang", 71, "shop", key="k"))
    await books.confirm("k")
    await books.confirm("k")
    assert await books.balances("wang") == {"available": 30} and await books.balances("shop") == {"redeemed": 70}
    await books.void("k")  # the bill was taken back
    await books.void("k")
    assert await books.balances("wang") == {"available": 100} and await books.balances("shop") == {}
    await refused(books, "hold_over", books.confirm("k"))
    assert (await books.verify()).findings == ()


async def test_nothing_held_is_nothing(books: Books) -> None:
    assert await books.void("never") is None
    await refused(books, "not_found", books.confirm("never"))


async def test_a_reservation_ends(books: Books) -> None:
    await books.earn("wang", 100)
    await books.reserve("wang", 70, "shop", key="k")
    clock.shift(timedelta(hours=1, seconds=1))
    try:
        await refused(books, "hold_expired", books.confirm("k"))

        async def sweep() -> int:
            async with books.database.transaction() as session:
                return await void_due(session, TEST)

        assert sum(await asyncio.gather(*(sweep() for _ in range(4)))) == 1
        assert await books.balances("wang") == {"available": 100}
        await refused(books, "hold_expired", books.confirm("k"))
        assert [row.state for row in await books.rows("SELECT state FROM ledger_holds")] == [HoldState.EXPIRED]
    finally:
        clock.reset()
    await refused(books, "hold_over", books.reserve("wang", 1, "shop", key="past", until=datetime(2020, 1, 1, tzinfo=UTC)))


async def test_confirmed_and_given_back_at_the_same_time(books: Books) -> None:
    """One of the two is first; in the end it is hers or the shop's, never both, never nobody's."""
    await books.earn("wang", 100)
    for n in range(10):
        await books.reserve("wang", 10, "shop", key=f"k{n}")
        await asyncio.gather(books.confirm(f"k{n}"), books.void(f"k{n}"), books.confirm(f"k{n}"), return_exceptions=True)
    mine, shop = await books.balances("wang"), await books.balances("shop")
    assert mine.get("available", 0) + shop.get("redeemed", 0) == 100 and not mine.get("reserved")
    assert (await books.verify()).findings == ()


async def test_an_account_is_closed_when_it_is_empty(books: Books) -> None:
    earned = await books.earn("wang", 1)

    async def close() -> None:
        async with books.database.transaction() as session:
            await close_accounts(session, TEST, books.who("wang"))

    await refused(books, "account_not_empty", close())
    await books.reverse(earned.id)
    await close()
    await close()
    await refused(books, "account_closed", books.earn("wang", 1))


@pytest.mark.parametrize("amount", [0, -1, 1.5, 0.1, True, "10", None, 10**12 + 1, float("nan")])
async def test_whole_units_only(books: Books, amount: Any) -> None:
    with pytest.raises(Invalid, match="whole number"):
        check_units(amount)
    await books.earn("wang", 100)
    await refused(books, "bad_units", books.reserve("wang", amount, "shop", key="k"))


async def test_legs_that_are_none(books: Books) -> None:
    await books.earn("wang", 10)
    wang, li = await books.pocket("wang"), await books.pocket("li")
    ((lot,),) = await books.rows("SELECT id FROM ledger_lots")

    async def with_legs(*legs: Leg) -> None:
        async with books.database.transaction() as session:
            await post(session, TEST, ledger=Ledger.PT, kind=EntryKind.GIVE, key="k", legs=legs)

    await refused(books, "unbalanced", with_legs(Leg(wang, -5, lot), Leg(li, 4, lot)))
    await refused(books, "unbalanced", with_legs(Leg(wang, -5, lot), Leg(wang, 5, lot)))
    await refused(books, "unbalanced", with_legs())
    await refused(books, "bad_units", with_legs(Leg(wang, -1.5, lot), Leg(li, 1.5, lot)))  # type: ignore[arg-type]
    await refused(books, "bad_units", with_legs(Leg(wang, -(10**13), lot), Leg(li, 10**13, lot)))
    with pytest.raises(Invalid):
        move(wang, wang, [Held(lot, 1)])
    with pytest.raises(ValueError, match="has no"):
        async with books.database.transaction() as session:
            await account_of(session, Ledger.PT, books.who("wang"), Pocket.OWED)


@pytest.mark.parametrize(
    ("earned", "months", "last"),
    [
        (date(2026, 2, 28), 24, date(2028, 2, 29)),
        (date(2028, 2, 29), 24, date(2030, 2, 28)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2026, 1, 1), 0, date(2026, 1, 31)),
        (date(2026, 11, 27), 24, date(2028, 11, 30)),
    ],
)
def test_the_end_of_a_month(earned: date, months: int, last: date) -> None:
    assert expiry(earned, months) == last


def test_take_first_says_what_there_is() -> None:
    with pytest.raises(Conflict) as caught:
        take_first([Held(None, 3), Held(None, 4)], 8)
    assert caught.value.details == {"wanted": 8, "there": 7}


async def test_a_statement(books: Books) -> None:
    clock.shift(datetime(2026, 10, 31, 12, tzinfo=UTC) - clock.now())
    try:
        await books.earn("wang", 100)
        clock.shift(timedelta(days=1))
        await books.earn("wang", 20)
        await books.spend("wang", 50, "shop")
        clock.shift(timedelta(days=30))
        await books.spend("wang", 5, "shop")
    finally:
        clock.reset()
    account = await books.pocket("wang")
    async with books.database.transaction() as session:
        november = await read_statement(session, account, date(2026, 11, 1), date(2026, 11, 30))
        december = await read_statement(session, account, date(2026, 12, 1), date(2026, 12, 31))
    assert (november.opening, november.into, november.out, november.closing) == (100, 20, 50, 70)
    assert [(one.kind, one.amount, one.balance_after) for one in november.movements] == [("spend", -50, 70), ("earn", 20, 120)]
    assert (december.opening, december.into, december.out, december.closing) == (70, 0, 5, 65)
