"""The ledger: postings a second on a few accounts that everybody wants, a long account's statement, and the proof of a million postings.

Postings go through the application's own words and role, into a PostgreSQL that syncs to disk at every commit; the books that are read are
filled by SQL, through the same triggers.
"""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from statistics import median

import psycopg
from sqlalchemy import text

from callcenter.accounts.actor import system
from callcenter.bench.centre import Say
from callcenter.bench.figure import Figure, quantile
from callcenter.kit.db import Database
from callcenter.kit.errors import Conflict
from callcenter.kit.listen import plain_url
from callcenter.local.environment import app_url
from callcenter.local.postgres import temporary_server
from callcenter.migrations.run import migrate
from callcenter.points.ledger.accounts import CENTRE, Whose, account_of, lock_held, lot_of
from callcenter.points.ledger.kinds import EntryKind, Holder, Ledger, Pocket
from callcenter.points.ledger.posting import post
from callcenter.points.ledger.queries import read_statement
from callcenter.points.ledger.rules import Held, move, take_first
from callcenter.points.ledger.sealing import seal
from callcenter.points.ledger.verifying import verify
from callcenter.settings import Settings

BENCH = system("bench")
ROLE = "bench's narrow role"
WRITERS, HOT, SECONDS = 50, 10, 20.0
LONG, MILLION, STATEMENTS = 100_000, 1_000_000, 300
AT_ONCE = 200  # entries of one transaction: an account's row that is changed thousands of times in one grows a chain as long
FIRST = date(2026, 1, 1)

_ENTRIES = """
    INSERT INTO ledger_entries (id, ledger, kind, key, fingerprint, booked_on, at, actor_kind, actor_name, details)
    SELECT gen_random_uuid(), 'PT', 'give', 'bench:' || n, '', %(first)s::date + (n %% 365), now(), 'system', 'bench', '{}'
    FROM generate_series(%(since)s::int, %(until)s::int) n
    """
_POSTINGS = """
    INSERT INTO ledger_postings (entry_id, ledger, booked_on, account_id, lot_id, amount)
    SELECT entry.id, 'PT', entry.booked_on, (%(accounts)s::uuid[])[1 + (leg.n + leg.side) %% %(many)s::int], %(lot)s, 1 - 2 * leg.side
    FROM ledger_entries entry
    JOIN (SELECT n, side FROM generate_series(%(since)s::int, %(until)s::int) n, generate_series(0, 1) side) leg ON entry.key = 'bench:' || leg.n
    ORDER BY leg.n, leg.side DESC
    """


@asynccontextmanager
async def books() -> AsyncIterator[tuple[Database, str]]:
    """Durable, and entered by the application's role. With the owner's URL."""
    with temporary_server(durable=True) as server:
        url = server.url()
        await asyncio.to_thread(migrate, url, ROLE)
        database = Database(app_url(url, ROLE), pool_size=WRITERS)
        yield database, url
        await database.close()


async def with_points(database: Database, holders: int, points: int) -> tuple[list[uuid.UUID], uuid.UUID]:
    """Accounts of elders that hold so many points each, and the lot of these."""
    async with database.transaction() as session:
        lot = await lot_of(session, CENTRE, date(2199, 12, 31))
        source = await account_of(session, Ledger.PT, CENTRE, Pocket.ISSUED)
        made = []
        for n in range(holders):
            target = await account_of(session, Ledger.PT, Whose(Holder.ELDER, uuid.uuid4()), Pocket.AVAILABLE)
            await post(
                session, BENCH, ledger=Ledger.PT, kind=EntryKind.EARN, key=f"earn:{n}", legs=move(source, target, [Held(lot, points)])
            )
            made.append(target)
    return made, lot


async def postings(settings: Settings, say: Say, seconds: float = SECONDS) -> list[Figure]:
    say(f"{WRITERS} writers move points between {HOT} accounts for {seconds:g} s")
    async with books() as (database, _):
        accounts, _ = await with_points(database, HOT, 1_000_000)
        await connect_all(database)
        until, took, refused = time.monotonic() + seconds, list[float](), 0

        async def writer(n: int) -> None:
            nonlocal refused
            chance, turn = random.Random(n), 0
            while time.monotonic() < until:
                turn += 1
                source, target = chance.sample(accounts, 2)
                began = time.monotonic()
                try:
                    async with database.transaction() as session:
                        parts = take_first(await lock_held(session, Ledger.PT, source, target), 1)
                        legs = move(source, target, parts)
                        await post(session, BENCH, ledger=Ledger.PT, kind=EntryKind.GIVE, key=f"give:{n}:{turn}", legs=legs)
                except Conflict:
                    refused += 1
                took.append((time.monotonic() - began) * 1000)

        began = time.monotonic()
        await asyncio.gather(*(writer(n) for n in range(WRITERS)))
        lasted = time.monotonic() - began
        found = (await verify(database.url)).findings
    return [
        Figure(
            "postings_a_second", f"postings a second, {WRITERS} writers on {HOT} accounts, each commit synced to disk",
            round((len(took) - refused) * 2 / lasted), "postings/s", 500, "", None, None,
            f"two a transfer; a transfer takes {median(took):.0f} ms (median), p99 {quantile(took, 0.99):.0f} ms; refused: {refused}; "
            f"found wrong afterwards: {len(found)}",
            more_is_better=True,
        )
    ]  # fmt: skip


async def connect_all(database: Database) -> None:
    """A centre's processes are connected before anybody spends."""
    together = asyncio.Barrier(WRITERS)

    async def connect() -> None:
        async with database.transaction() as session:
            await session.execute(text("SELECT 1"))
            await together.wait()

    await asyncio.gather(*(connect() for _ in range(WRITERS)))


async def statement_and_proof(settings: Settings, say: Say) -> list[Figure]:
    say(f"{MILLION:,} postings are written, {LONG:,} of them in one account")
    async with books() as (database, owner_url):
        (long, *others), lot = await with_points(database, 101, 2_000_000)
        async with await psycopg.AsyncConnection.connect(plain_url(owner_url)) as owner:
            await owner.execute("SET synchronous_commit = off")
            await owner.commit()
            await fill(owner, [long, others[0]], lot, 0, LONG)
            await fill(owner, others, lot, LONG, MILLION // 2 - LONG)
            await owner.execute("ANALYZE")
        looked = await statements(database, long)
        began = time.monotonic()
        blocks = await seal(database, everything=True)
        sealed = time.monotonic() - began
        began = time.monotonic()
        proof = await verify(database.url)
        proved = time.monotonic() - began
    wrong = "" if not proof.findings else f"; FOUND WRONG: {proof.findings}"
    return [
        Figure(
            "statement", f"the statement of a month, and the last page, of an account with {LONG:,} movements, p99",
            round(quantile(looked, 0.99), 1), "ms", 200, "", None, None, f"median {median(looked):.1f} ms of {len(looked)}",
        ),
        Figure(
            "verify", f"`callcenter points verify` of {proof.postings:,} postings", round(proved, 1), "s", 60, "", None, None,
            f"{proof.entries:,} entries in {blocks} blocks, which took {sealed:.0f} s to seal{wrong}",
        ),
    ]  # fmt: skip


async def statements(database: Database, account_id: uuid.UUID) -> list[float]:
    async with database.transaction() as session:  # a centre's processes are connected
        await session.execute(text("SELECT 1"))
    took = []
    for turn in range(STATEMENTS):
        first = FIRST + timedelta(days=turn % 335)
        began = time.perf_counter()
        async with database.transaction() as session:
            await read_statement(session, account_id, first, first + timedelta(days=30))
        took.append((time.perf_counter() - began) * 1000)
    return took


async def fill(
    owner: psycopg.AsyncConnection[tuple[object, ...]], accounts: list[uuid.UUID], lot: uuid.UUID, since: int, many: int
) -> None:
    """So many transfers, two postings each, round the accounts."""
    for start in range(since, since + many, AT_ONCE):
        values = {
            "first": FIRST, "since": start, "until": min(start + AT_ONCE, since + many) - 1, "accounts": accounts, "many": len(accounts), "lot": lot,
        }  # fmt: skip
        async with owner.transaction():
            await owner.execute(_ENTRIES, values)
            await owner.execute(_POSTINGS, values)
