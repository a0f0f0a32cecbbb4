"""`callcenter points verify`: recomputes the books from their postings, trusting nothing that was kept beside them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from callcenter.kit import clock
from callcenter.kit.listen import plain_url
from callcenter.points.ledger.sealing import LONGEST, START, hash_blocks

Connection = psycopg.AsyncConnection[Any]
MOST_SHOWN = 20  # findings of one kind

# each finds what must not be there
CHECKS: dict[str, LiteralString] = {
    "unbalanced": "SELECT entry_id AS at, sum(amount) AS off FROM ledger_postings GROUP BY entry_id, lot_id HAVING sum(amount) <> 0",
    "empty": """SELECT entry.id AS at, count(posting.id) AS off FROM ledger_entries entry LEFT JOIN ledger_postings posting ON posting.entry_id = entry.id
        GROUP BY entry.id HAVING count(posting.id) < 2""",
    "balance": """SELECT account.id AS at, account.balance - coalesce(sum(posting.amount), 0) AS off
        FROM ledger_accounts account LEFT JOIN ledger_postings posting ON posting.account_id = account.id
        GROUP BY account.id HAVING account.balance <> coalesce(sum(posting.amount), 0) OR account.postings <> count(posting.id)""",
    "lots": """SELECT coalesce(held.account_id, posted.account_id) AS at, coalesce(held.amount, 0) - coalesce(posted.amount, 0) AS off
        FROM ledger_holdings held FULL JOIN (SELECT account_id, lot_id, sum(amount) AS amount FROM ledger_postings
          WHERE lot_id IS NOT NULL GROUP BY 1, 2) posted USING (account_id, lot_id) WHERE coalesce(held.amount, 0) <> coalesce(posted.amount, 0)""",
    "holdings": """SELECT account.id AS at, account.balance - coalesce(sum(held.amount), 0) AS off
        FROM ledger_accounts account LEFT JOIN ledger_holdings held ON held.account_id = account.id WHERE account.ledger = 'PT'
        GROUP BY account.id HAVING account.balance <> coalesce(sum(held.amount), 0)""",
    "running": """SELECT account_id AS at, number AS off FROM (SELECT account_id, number, balance_after,
          row_number() OVER mine AS counted, sum(amount) OVER mine AS summed FROM ledger_postings WINDOW mine AS (PARTITION BY account_id ORDER BY number)) one
        WHERE number <> counted OR balance_after <> summed""",
    "negative": """SELECT id AS at, balance AS off FROM ledger_accounts
        WHERE balance < 0 AND NOT (pocket IN ('issued', 'redeemed', 'owed') OR holder = 'world')""",
    "holds": """SELECT account.id AS at, account.balance - coalesce(sum(hold.amount), 0) AS off FROM ledger_accounts account
        LEFT JOIN ledger_holds hold ON hold.reserved_id = account.id AND hold.state = 'held' WHERE account.pocket = 'reserved'
        GROUP BY account.id HAVING account.balance <> coalesce(sum(hold.amount), 0)""",
}
GUARDS = (
    "ledger_accounts.ledger_open_account",
    "ledger_entries.ledger_begin_entry",
    "ledger_entries.ledger_entry_balances",
    "ledger_entries.ledger_entries_append_only",
    "ledger_postings.ledger_post",
    "ledger_postings.ledger_posting_balances",
    "ledger_postings.ledger_postings_append_only",
    "ledger_lots.ledger_lots_append_only",
    "ledger_blocks.ledger_blocks_append_only",
    "ledger_sealed.ledger_sealed_append_only",
)
WRITTEN_ONCE = ("ledger_entries", "ledger_postings", "ledger_lots", "ledger_blocks", "ledger_sealed", "ledger_holdings")


@dataclass(frozen=True, slots=True)
class Finding:
    check: str  # a key of CHECKS, guard, chain, head, unsealed
    at: str
    off: str


@dataclass(frozen=True, slots=True)
class Verified:
    entries: int
    postings: int
    blocks: int
    head: str  # hash of the last block, hex; "" while there is none
    findings: tuple[Finding, ...]


async def verify(url: str, *, head: str = "") -> Verified:
    """Reads all of it in one picture of the database. `head`: a block's hash that somebody wrote down earlier; it must still be in the chain."""
    connection: Connection = await psycopg.AsyncConnection.connect(plain_url(url))
    async with connection:
        await connection.set_isolation_level(psycopg.IsolationLevel.REPEATABLE_READ)
        await connection.set_read_only(True)
        await connection.execute("SET LOCAL statement_timeout = 0")
        return await verify_in(connection, head=head)


async def verify_in(connection: Connection, *, head: str = "") -> Verified:
    """As the connection's transaction sees them."""
    found = [finding async for finding in _sums(connection)]
    found += [finding async for finding in _guards(connection)]
    last, count, chain = await _chain(connection, head)
    entries, postings = await _row(connection, "SELECT (SELECT count(*) FROM ledger_entries), (SELECT count(*) FROM ledger_postings)")
    return Verified(entries, postings, count, last, tuple(found + chain))


async def _sums(connection: Connection) -> AsyncIterator[Finding]:
    for check, statement in CHECKS.items():
        some = sql.SQL("SELECT at::text, off::text FROM ({}) found LIMIT {}").format(sql.SQL(statement), sql.Literal(MOST_SHOWN))
        cursor = await connection.execute(some)
        for at, off in await cursor.fetchall():
            yield Finding(check, at, off)


async def _guards(connection: Connection) -> AsyncIterator[Finding]:
    """The triggers are there and fire always; the application's role can change nothing of what is written."""
    cursor = await connection.execute(
        "SELECT tgrelid::regclass || '.' || tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
    )
    there = {name for (name,) in await cursor.fetchall()}
    for guard in GUARDS:
        if guard not in there:
            yield Finding("guard", guard, "missing")
    cursor = await connection.execute(
        """SELECT tables.name || ' ' || may.what FROM pg_roles role
           CROSS JOIN unnest(%s::text[]) AS tables (name) CROSS JOIN unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE']) AS may (what)
           WHERE role.rolname = current_database() || '_app' AND has_table_privilege(role.oid, tables.name::regclass, may.what)""",
        [list(WRITTEN_ONCE)],
    )
    for (able,) in await cursor.fetchall():
        yield Finding("guard", able, "the application's role may")


async def _chain(connection: Connection, head: str) -> tuple[str, int, list[Finding]]:
    """The last block's hash, how many there are, and what is wrong."""
    cursor = await connection.execute("SELECT number, previous, hash, entries, postings, sealed_at FROM ledger_blocks ORDER BY number")
    blocks = await cursor.fetchall()
    found: list[Finding] = []
    made = {one.block: one async for one in hash_blocks(connection, 1, len(blocks), START)}
    previous = START
    for place, (number, before, hash_, _, postings, _) in enumerate(blocks, 1):
        now = made.get(number)
        if number != place or before != previous or now is None or now.hash != hash_ or now.postings != postings:
            found.append(Finding("chain", str(number), "what was sealed is not what stands there"))
            break  # every one after it hangs on it
        previous = hash_
    hashes = {bytes(hash_).hex() for _, _, hash_, *_ in blocks}
    if head and head.lower() not in hashes:
        found.append(Finding("head", head, "this hash is in no block"))
    cursor = await connection.execute(
        """SELECT entry.id::text FROM ledger_entries entry LEFT JOIN ledger_sealed sealed ON sealed.entry_id = entry.id
           WHERE sealed.entry_id IS NULL AND entry.at < %s LIMIT %s""",
        [clock.now() - LONGEST, MOST_SHOWN],
    )
    found += [Finding("unsealed", entry_id, f"older than {LONGEST}") for (entry_id,) in await cursor.fetchall()]
    return (bytes(blocks[-1][2]).hex() if blocks else ""), len(blocks), found


async def _row(connection: Connection, statement: LiteralString) -> tuple[int, int]:
    row = await (await connection.execute(statement)).fetchone()
    assert row is not None
    return row[0], row[1]
