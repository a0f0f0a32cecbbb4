"""Blocks and `callcenter points verify`: what is changed behind the application's back is found."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import LiteralString

import psycopg
import pytest
from psycopg import sql

from callcenter.kit import clock
from callcenter.kit.listen import plain_url
from callcenter.points.ledger.kinds import Holder
from callcenter.points.ledger.sealing import START
from callcenter.points.ledger.verifying import verify_in
from tests.points.books import Books

WRITTEN_ONCE = ("ledger_entries", "ledger_postings", "ledger_lots", "ledger_blocks", "ledger_sealed")


async def some_life(books: Books) -> None:
    await books.earn("wang", 100)
    await books.earn("li", 50)
    await books.spend("wang", 30, "shop")
    await books.give("wang", "li", 20)
    await books.reserve("li", 10, "shop", key="hold")


async def test_sealed_once_and_in_a_chain(books: Books) -> None:
    assert await books.seal() == 0
    await some_life(books)
    assert sorted(await asyncio.gather(*(books.seal() for _ in range(3)))) == [0, 0, 1]
    await books.confirm("hold")
    assert await books.seal() == 1
    first, second = await books.rows("SELECT * FROM ledger_blocks ORDER BY number")
    assert (bytes(first.previous), bytes(second.previous)) == (START, bytes(first.hash))
    assert (first.entries, second.entries) == (5, 1)
    found = await books.verify(head=first.hash.hex())
    assert found.findings == () and (found.entries, found.blocks, found.head) == (6, 2, second.hash.hex())


async def test_an_entry_that_was_committed_late_is_sealed_later(books: Books) -> None:
    """Its id is lower than those of the block that was sealed while it was open."""
    async with books.database.transaction() as session:
        await books.earn("wang", 1, session=session)
        await books.earn("li", 2, issuer=books.who("store", Holder.STORE))
        assert await books.seal() == 1
    assert await books.seal() == 1
    assert (await books.verify()).findings == ()


async def test_what_was_written_while_the_worker_was_away_for_days_is_sealed(books: Books) -> None:
    try:
        await books.earn("wang", 1)
        await books.seal()
        clock.shift(timedelta(days=2))
        await books.earn("wang", 2)
        clock.shift(timedelta(days=5))
        assert [one.check for one in (await books.verify()).findings] == ["unsealed"]
        assert await books.seal() == 1
        assert (await books.verify()).findings == ()
    finally:
        clock.reset()


@pytest.mark.parametrize(
    ("tampering", "checks"),
    [
        (
            "UPDATE ledger_postings SET amount = amount + 1 WHERE id = (SELECT min(id) FROM ledger_postings WHERE amount > 0)",
            {"unbalanced", "balance", "lots", "running", "chain"},
        ),
        ("UPDATE ledger_accounts SET balance = balance + 7 WHERE pocket = 'available'", {"balance", "holdings"}),
        ("UPDATE ledger_holdings SET amount = amount + 7 WHERE NOT contra", {"lots", "holdings"}),
        ("UPDATE ledger_entries SET details = jsonb_build_object('why', 'another') WHERE kind = 'spend'", {"chain"}),
        ("UPDATE ledger_entries SET actor_name = 'somebody else'", {"chain"}),
        ("UPDATE ledger_blocks SET hash = previous", {"chain"}),
        ("UPDATE ledger_holds SET amount = amount + 1", {"holds"}),
        ("DROP TRIGGER ledger_posting_balances ON ledger_postings", {"guard"}),
        ("ALTER TABLE ledger_postings DISABLE TRIGGER ledger_post", {"guard"}),
        ("GRANT UPDATE ON ledger_postings TO {app}", {"guard"}),
        ("DELETE FROM ledger_sealed; DELETE FROM ledger_postings; DELETE FROM ledger_entries", {"balance", "lots", "chain"}),
    ],
)  # fmt: skip
async def test_what_was_changed_is_found(books: Books, tampering: LiteralString, checks: set[str]) -> None:
    """By somebody who may do everything, has switched off what guards, and switches it on again."""
    await some_life(books)
    await books.seal()
    assert (await books.verify()).findings == ()
    async with await psycopg.AsyncConnection.connect(plain_url(books.owner_url)) as owner:
        for table in WRITTEN_ONCE:
            await owner.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER {}").format(*map(sql.Identifier, (table, f"{table}_append_only"))))
        name = sql.Identifier(owner.info.dbname + "_app")
        for statement in tampering.split(";"):
            await owner.execute(sql.SQL(statement).format(app=name))
        await owner.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in WRITTEN_ONCE:
            await owner.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER {}").format(*map(sql.Identifier, (table, f"{table}_append_only"))))
        found = (await verify_in(owner)).findings
        await owner.rollback()
    assert {one.check for one in found} >= checks
    assert (await books.verify()).findings == ()


async def test_a_hash_that_was_written_down(books: Books) -> None:
    await some_life(books)
    await books.seal()
    found = (await books.verify(head="ab" * 32)).findings
    assert [(one.check, one.at) for one in found] == [("head", "ab" * 32)]
