"""Blocks: entries are sealed afterwards, each block's hash holding the one before it, so that nobody rewrites the past unseen.

Afterwards, because a chain inside every posting would make all of them wait for each other (three quarters of the rate, points.md). What is
hashed is text that anybody can make from the tables (`CANONICAL`), a line for each posting in the sequence of block, place and posting:
`sha256(previous hash + lines)`.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.points.ledger.models import LedgerBlock, LedgerEntry, LedgerSealed

START = hashlib.sha256(b"One-Key ledger").digest()  # before the first block
AT_ONCE = 5_000  # entries of one block
LONGEST = timedelta(days=1)  # no transaction of the database stays open so long: what is older and unsealed is looked for by `verify` only
ONE_SEALER = 700112355  # an advisory lock

# times in microseconds since 1970, ids as text: the same on every machine, whatever its settings
CANONICAL = """
    SELECT sealed.block, sealed.position, entry.id, entry.ledger, entry.kind, entry.key, encode(entry.fingerprint, 'hex'), entry.booked_on - DATE '1970-01-01',
      (extract(epoch FROM entry.at) * 1000000)::bigint, entry.actor_kind, entry.actor_id, entry.actor_name, entry.reverses_id, entry.details,
      posting.id AS posting, posting.account_id, posting.lot_id, posting.amount, posting.number, posting.balance_after
    FROM ledger_sealed sealed JOIN ledger_entries entry ON entry.id = sealed.entry_id JOIN ledger_postings posting ON posting.entry_id = entry.id
    WHERE sealed.block BETWEEN {first} AND {last} ORDER BY sealed.block, sealed.position, posting.id
    """


@dataclass(frozen=True, slots=True)
class Hashed:
    block: int
    hash: bytes
    postings: int


async def seal(database: Database, *, everything: bool = False) -> int:
    """Seals what is there and not sealed yet. How many blocks. Harmless twice and at the same time.

    `everything`: looks at all entries, not only at those since a day before the last block.
    """
    blocks = 0
    while True:
        async with database.transaction() as session:
            made = await _seal_some(session, everything)
        blocks += made > 0
        if made < AT_ONCE:
            return blocks


async def _seal_some(session: AsyncSession, everything: bool) -> int:
    await session.execute(select(func.pg_advisory_xact_lock(ONE_SEALER)))
    last = await session.scalar(select(LedgerBlock).order_by(LedgerBlock.number.desc()).limit(1))
    new = select(LedgerEntry.id).outerjoin(LedgerSealed, LedgerSealed.entry_id == LedgerEntry.id).where(LedgerSealed.entry_id.is_(None))
    if last is not None and not everything:  # what was committed by then was seen by then, however long the worker has been away since
        new = new.where(LedgerEntry.at >= last.sealed_at - LONGEST)
    entry_ids = (await session.scalars(new.order_by(LedgerEntry.id).limit(AT_ONCE))).all()
    if not entry_ids:
        return 0
    number, previous = (last.number + 1, last.hash) if last else (1, START)
    # the block comes after what is in it, its hash being of that; the key to it is looked at when the transaction ends
    await session.execute(text("SET CONSTRAINTS fk_ledger_sealed_block_ledger_blocks DEFERRED"))
    rows = [{"entry_id": entry_id, "block": number, "position": position} for position, entry_id in enumerate(entry_ids)]
    await session.execute(insert(LedgerSealed), rows)
    raw = (await (await session.connection()).get_raw_connection()).driver_connection
    assert isinstance(raw, psycopg.AsyncConnection)
    (hashed,) = [one async for one in hash_blocks(raw, number, number, previous)]
    session.add(
        LedgerBlock(
            number=number, previous=previous, hash=hashed.hash, entries=len(entry_ids), postings=hashed.postings, sealed_at=clock.now()
        )
    )  # fmt: skip
    await session.flush()
    return len(entry_ids)


async def hash_blocks(raw: psycopg.AsyncConnection[Any], first: int, last: int, previous: bytes) -> AsyncIterator[Hashed]:
    """Each block's hash as its tables stand, from the one before the first."""
    number, count, running = 0, 0, hashlib.sha256()
    async for line in lines_of(raw, first, last):
        block = int(line.partition(b"\t")[0])
        if block != number:
            if number:
                previous = running.digest()
                yield Hashed(number, previous, count)
            number, count, running = block, 0, hashlib.sha256(previous)
        running.update(line)
        count += 1
    if number:
        yield Hashed(number, running.digest(), count)


async def lines_of(raw: psycopg.AsyncConnection[Any], first: int, last: int) -> AsyncIterator[bytes]:
    """What is hashed: PostgreSQL's COPY text, a line for each posting."""
    statement = sql.SQL("COPY ({}) TO STDOUT").format(sql.SQL(CANONICAL).format(first=sql.Literal(first), last=sql.Literal(last)))
    async with raw.cursor() as cursor, cursor.copy(statement) as copy:
        rest = b""
        async for piece in copy:
            *whole, rest = (rest + bytes(piece)).split(b"\n")
            for line in whole:
                yield line + b"\n"
