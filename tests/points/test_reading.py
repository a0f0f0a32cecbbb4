"""An account as a person reads it."""

from __future__ import annotations

import uuid

import pytest

from callcenter.kit.errors import Invalid
from callcenter.points.ledger.accounts import CENTRE, account_of, held_in, lot_of
from callcenter.points.ledger.kinds import EntryKind, Ledger, Pocket
from callcenter.points.ledger.posting import post
from callcenter.points.ledger.rules import Held, move
from callcenter.points.reading.accounts import list_movements_of, read_account
from callcenter.points.reading.schemas import PointsMovement
from callcenter.points.reading.words import deed_of
from tests.points.books import FAR, TEST, Books


async def pages_of(books: Books, name: str, limit: int) -> list[PointsMovement]:
    found: list[PointsMovement] = []
    cursor: str | None = ""
    while cursor is not None:
        async with books.database.transaction() as session:
            page = await list_movements_of(session, books.who(name), Ledger.PT, cursor=cursor, limit=limit)
        assert len(page.movements) <= limit
        found += page.movements
        cursor = page.next
    return found


async def wait_for(books: Books, name: str, amount: int, *, key: str) -> None:
    """Earned, not to be spent yet."""
    async with books.database.transaction() as session:
        lot = await lot_of(session, CENTRE, FAR)
        source = await account_of(session, Ledger.PT, CENTRE, Pocket.ISSUED)
        target = await account_of(session, Ledger.PT, books.who(name), Pocket.PENDING)
        await post(session, TEST, ledger=Ledger.PT, kind=EntryKind.EARN, key=key, legs=move(source, target, [Held(lot, amount)]))


async def release(books: Books, name: str) -> None:
    async with books.database.transaction() as session:
        source = await account_of(session, Ledger.PT, books.who(name), Pocket.PENDING)
        target = await account_of(session, Ledger.PT, books.who(name), Pocket.AVAILABLE)
        legs = move(source, target, await held_in(session, source, Ledger.PT))
        await post(session, TEST, ledger=Ledger.PT, kind=EntryKind.RELEASE, key=f"release:{name}", legs=legs)


async def test_pages_over_what_she_has_and_what_is_to_come(books: Books) -> None:
    for n in range(7):
        await books.earn("wang", 10 + n, key=f"earn:daily:{n}")
        await wait_for(books, "wang", 100 + n, key=f"earn:bill:{n}")
    await release(books, "wang")
    await books.spend("wang", 300, "store")  # of two lots or more: one movement
    whole = await pages_of(books, "wang", 50)
    assert [one.amount for one in whole[:3]] == [-300, 721, 106] and len(whole) == 16
    assert whole[2].pending and whole[2].of == "earn_bill" and whole[3].of == "earn_daily" and not whole[3].pending
    assert whole[0].words.endswith("使用，减少300分") and whole[2].words.endswith("增加106分，待生效")
    for limit in (1, 2, 3, 5):
        assert await pages_of(books, "wang", limit) == whole
    async with books.database.transaction() as session:
        account = await read_account(session, uuid.UUID(str(books.who("wang").id)))
        assert (account.points.available, account.points.pending, account.month.earned, account.month.spent) == (512, 0, 812, 300)
        assert account.member is None and [one.amount for one in account.expiring] == [512]
        with pytest.raises(Invalid):
            await list_movements_of(session, books.who("wang"), Ledger.PT, cursor="1;2")


async def test_what_was_taken_back_was_neither_earned_nor_spent(books: Books) -> None:
    await books.earn("wang", 100, key="earn:bill:1")
    wrong = await books.earn("wang", 40, key="earn:bill:2")
    await books.reverse(wrong.id)
    await books.reserve("wang", 30, "store", key="bill:1")
    await books.reserve("wang", 20, "store", key="bill:2")
    await books.confirm("bill:1")
    await books.void("bill:2")
    async with books.database.transaction() as session:
        account = await read_account(session, uuid.UUID(str(books.who("wang").id)))
    assert (account.month.earned, account.month.spent, account.points.available) == (100, 30, 70)


async def test_nothing_there_reads_as_nothing(books: Books) -> None:
    async with books.database.transaction() as session:
        account = await read_account(session, uuid.UUID(str(books.who("nobody").id)))
        page = await list_movements_of(session, books.who("nobody"), Ledger.TC)
    assert account.points.available == account.month.earned == 0 and (page.movements, page.next) == ([], None)


def test_keys_say_for_what() -> None:
    assert [deed_of(EntryKind.EARN, key) for key in ("earn:bill:1", "earn:daily:x", "earn:else")] == ["earn_bill", "earn_daily", "earn"]
    assert deed_of(EntryKind.RESERVE, "goods:1:reserve") == "reserve_goods" and deed_of(EntryKind.PAY, "x") == "spend"
