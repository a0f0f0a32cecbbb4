"""What keeps the books right stands in the database: somebody with the application's password and an SQL prompt can't break it."""

from __future__ import annotations

import uuid
from typing import LiteralString

import psycopg
import pytest
from psycopg import errors

from callcenter.kit.listen import plain_url
from callcenter.points.ledger.kinds import Holder, Ledger, Pocket
from tests.points.books import Books

Connection = psycopg.Connection[tuple[object, ...]]
ENTRY = """INSERT INTO ledger_entries (id, ledger, kind, key, fingerprint, booked_on, at, actor_kind, actor_name, details)
    VALUES (%s, 'PT', 'earn', %s, '', '2026-11-01', now(), 'user', 'me', '{}')"""
LEG = """INSERT INTO ledger_postings (entry_id, ledger, booked_on, account_id, lot_id, amount) VALUES (%s, %s, '2026-11-01', %s, %s, %s)"""


@pytest.fixture
async def wang(books: Books) -> uuid.UUID:
    """Her account, with 100 points in it."""
    await books.earn("wang", 100)
    return await books.pocket("wang")


def lot(app: Connection) -> object:
    row = app.execute("SELECT id FROM ledger_lots").fetchone()
    assert row
    return row[0]


def issued(app: Connection) -> object:
    row = app.execute("SELECT id FROM ledger_accounts WHERE pocket = 'issued'").fetchone()
    assert row
    return row[0]


async def nothing_moved(books: Books, app: Connection) -> None:
    app.rollback()
    assert await books.balances("wang") == {"available": 100}
    assert (await books.verify()).findings == ()


async def test_an_entry_sums_to_zero(books: Books, wang: uuid.UUID, app: Connection) -> None:
    entry = uuid.uuid4()
    app.execute(ENTRY, [entry, "k"])
    app.execute(LEG, [entry, "PT", wang, lot(app), 5])
    app.execute(LEG, [entry, "PT", issued(app), lot(app), -4])
    with pytest.raises(errors.CheckViolation, match="sum to zero"):
        app.commit()
    await nothing_moved(books, app)


async def test_an_entry_has_postings(books: Books, wang: uuid.UUID, app: Connection) -> None:
    app.execute(ENTRY, [uuid.uuid4(), "k"])
    with pytest.raises(errors.CheckViolation, match="two postings"):
        app.commit()
    await nothing_moved(books, app)


async def test_constraints_made_immediate_in_between_let_nothing_through(books: Books, wang: uuid.UUID, app: Connection) -> None:
    entry = uuid.uuid4()
    app.execute(ENTRY, [entry, "k"])
    app.execute(LEG, [entry, "PT", wang, lot(app), 5])
    app.execute(LEG, [entry, "PT", issued(app), lot(app), -5])
    app.execute("SET CONSTRAINTS ALL IMMEDIATE")
    app.execute("SET CONSTRAINTS ALL DEFERRED")
    app.execute(LEG, [entry, "PT", wang, lot(app), 7])
    with pytest.raises(errors.CheckViolation, match="sum to zero"):
        app.commit()
    await nothing_moved(books, app)


async def test_a_leg_that_comes_late_finds_no_header(books: Books, wang: uuid.UUID, app: Connection) -> None:
    ((entry,),) = app.execute("SELECT id FROM ledger_entries").fetchall()
    with pytest.raises(errors.ForeignKeyViolation):
        app.execute(
            """INSERT INTO ledger_postings (entry_id, ledger, booked_on, account_id, lot_id, amount, xid)
               SELECT id, ledger, booked_on, %s, %s, 5, xid FROM ledger_entries WHERE id = %s""",
            [wang, lot(app), entry],
        )
    await nothing_moved(books, app)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_postings SET amount = amount * 2",
        "DELETE FROM ledger_postings",
        "UPDATE ledger_entries SET details = '{}'",
        "DELETE FROM ledger_entries",
        "TRUNCATE ledger_postings",
        "UPDATE ledger_accounts SET balance = 1000000",
        "UPDATE ledger_accounts SET holder_id = holder_id",
        "DELETE FROM ledger_accounts",
        "UPDATE ledger_holdings SET amount = 1000000",
        "INSERT INTO ledger_holdings SELECT account_id, lot_id, true, 5 FROM ledger_holdings",
        "UPDATE ledger_lots SET expires_on = '2999-12-31'",
        "DELETE FROM ledger_lots",
        "UPDATE ledger_blocks SET hash = ''",
        "DELETE FROM ledger_sealed",
        "ALTER TABLE ledger_postings DISABLE TRIGGER ledger_post",
        "SET session_replication_role = replica",
        "CREATE OR REPLACE FUNCTION ledger_post() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    ],
)
async def test_history_can_not_be_edited(books: Books, wang: uuid.UUID, app: Connection, statement: LiteralString) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        app.execute(statement)
    await nothing_moved(books, app)


async def test_not_even_by_the_owner_in_passing(books: Books, wang: uuid.UUID, app: Connection) -> None:
    with psycopg.connect(plain_url(books.owner_url)) as owner, pytest.raises(errors.CheckViolation, match="stays as it is"):
        owner.execute("UPDATE ledger_postings SET amount = amount + 1")
    await nothing_moved(books, app)


async def test_nobody_is_opened_with_something_in_it(books: Books, app: Connection) -> None:
    app.execute(
        """INSERT INTO ledger_accounts (id, ledger, holder, holder_id, pocket, balance, postings, opened_at)
           VALUES (gen_random_uuid(), 'TC', 'elder', %s, 'available', 500, 9, now())""",
        [books.who("wang").id],
    )
    app.commit()
    assert await books.balances("wang") == {}


@pytest.mark.parametrize(("holder", "pocket"), [("elder", "issued"), ("volunteer", "owed"), ("fund", "redeemed")])
async def test_no_person_may_owe(books: Books, app: Connection, holder: str, pocket: str) -> None:
    with pytest.raises(errors.CheckViolation):
        app.execute(
            """INSERT INTO ledger_accounts (id, ledger, holder, holder_id, pocket, balance, postings, opened_at)
               VALUES (gen_random_uuid(), 'PT', %s, CASE WHEN %s <> 'fund' THEN gen_random_uuid() END, %s, 0, 0, now())""",
            [holder, holder, pocket],
        )


async def test_books_do_not_mix(books: Books, wang: uuid.UUID, app: Connection) -> None:
    coins = await books.pocket("wang", Pocket.AVAILABLE, Ledger.TC)
    entry = uuid.uuid4()
    app.execute(ENTRY, [entry, "k"])
    with pytest.raises((errors.ForeignKeyViolation, errors.CheckViolation)):
        app.execute(LEG, [entry, "PT", coins, lot(app), 5])
    await nothing_moved(books, app)


async def test_a_leg_of_another_book_than_its_entry(books: Books, wang: uuid.UUID, app: Connection) -> None:
    coins = await books.pocket("wang", Pocket.AVAILABLE, Ledger.TC)
    entry = uuid.uuid4()
    app.execute(ENTRY, [entry, "k"])
    with pytest.raises(errors.ForeignKeyViolation):
        app.execute(LEG, [entry, "TC", coins, None, 5])
    await nothing_moved(books, app)


async def test_points_of_one_lot_never_become_another_s(books: Books, wang: uuid.UUID, app: Connection) -> None:
    await books.earn("li", 100, issuer=books.who("store", Holder.STORE))
    lots = [row[0] for row in app.execute("SELECT id FROM ledger_lots ORDER BY id").fetchall()]
    entry = uuid.uuid4()
    app.execute(ENTRY, [entry, "k"])
    app.execute(LEG, [entry, "PT", wang, lots[0], -5])
    app.execute(LEG, [entry, "PT", await books.pocket("li"), lots[1], 5])
    with pytest.raises(errors.CheckViolation, match="every lot"):
        app.commit()
    await nothing_moved(books, app)


async def test_there_is_no_posting_without_a_lot(books: Books, wang: uuid.UUID, app: Connection) -> None:
    for lot_id, error in ((uuid.uuid4(), errors.ForeignKeyViolation), (None, errors.CheckViolation)):
        entry = uuid.uuid4()
        app.execute(ENTRY, [entry, "k"])
        with pytest.raises(error):
            app.execute(LEG, [entry, "PT", wang, lot_id, 5])
        await nothing_moved(books, app)


@pytest.mark.parametrize("amount", [-101, -1_000_000_000_001, 0])
async def test_amounts(books: Books, wang: uuid.UUID, app: Connection, amount: int) -> None:
    entry = uuid.uuid4()
    app.execute(ENTRY, [entry, "k"])
    with pytest.raises(errors.CheckViolation):
        app.execute(LEG, [entry, "PT", wang, lot(app), amount])
    await nothing_moved(books, app)


async def test_a_closed_account_takes_nothing(books: Books, wang: uuid.UUID, app: Connection) -> None:
    with pytest.raises(errors.CheckViolation):  # while there is something in it
        app.execute("UPDATE ledger_accounts SET closed_at = now() WHERE id = %s", [wang])
    app.rollback()
    other = await books.pocket("li")
    app.execute("UPDATE ledger_accounts SET closed_at = now() WHERE id = %s", [other])
    entry = uuid.uuid4()
    app.execute(ENTRY, [entry, "k"])
    with pytest.raises(errors.CheckViolation, match="closed"):
        app.execute(LEG, [entry, "PT", other, lot(app), 5])
    await nothing_moved(books, app)
