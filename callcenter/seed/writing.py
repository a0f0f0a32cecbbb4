"""SeedElders → rows. By INSERT for the demo's hundreds; by COPY, then multiplied inside the database, for the benchmarks' million."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

import orjson
import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import Enum, insert, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as insert_new
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import TypeEngine

from callcenter.elders.models import Elder, ElderContact, ElderNumber
from callcenter.kit import crypto
from callcenter.kit.db import Base
from callcenter.regions.models import Region
from callcenter.seed.generator import Generator, SeedElder
from callcenter.seed.places import communities, region_rows

ENCRYPTED = {"id_number": "elders.id_number", "health": "elders.health", "presence_place": "elders.presence_place"}
GENERATED_AT_MOST = 20_000  # more people are copies of these under other numbers: what a look-up sees is the same


async def insert_elders(session: AsyncSession, elders: Sequence[SeedElder]) -> None:
    if not elders:
        return
    await session.execute(insert(Elder), [e.elder for e in elders])
    for model, rows in ((ElderNumber, [n for e in elders for n in e.numbers]), (ElderContact, [c for e in elders for c in e.contacts])):
        if rows:
            await session.execute(insert(model), rows)


async def copy_elders(session: AsyncSession, elders: Iterable[SeedElder]) -> int:
    """COPY, in the session's transaction. Returns how many elders."""
    made = list(elders)
    raw = await (await session.connection()).get_raw_connection()
    connection = raw.driver_connection
    assert isinstance(connection, psycopg.AsyncConnection)
    await _copy(connection, "elders", [e.elder for e in made])
    await _copy(connection, "elder_numbers", [n for e in made for n in e.numbers])
    await _copy(connection, "elder_contacts", [c for e in made for c in e.contacts])
    return len(made)


async def copy_rows(session: AsyncSession, model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """COPY into any table, in the session's transaction. All rows have the same columns; defaults of Python are not filled in."""
    if not rows:
        return
    raw = await (await session.connection()).get_raw_connection()
    connection = raw.driver_connection
    assert isinstance(connection, psycopg.AsyncConnection)
    columns = [(name, model.__table__.columns[name].type) for name in rows[0]]
    names = sql.SQL(", ").join(sql.Identifier(name) for name, _ in columns)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(model.__tablename__), names)
    async with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            await copy.write_row([_bound(kind, row[name]) for name, kind in columns])


def _bound(kind: TypeEngine[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, crypto.EncryptedText):
        return crypto.encrypt(value.encode(), kind.column)
    return Jsonb(value) if isinstance(kind, JSONB) else str(value) if isinstance(kind, Enum) else value


async def fill(
    session: AsyncSession,
    count: int,
    *,
    today: date,
    now: datetime,
    seed: int = 1,
    searchable: bool = True,
    generated: int = GENERATED_AT_MOST,
) -> None:
    """`count` elders for a benchmark, into a database without elders: the first `generated` as in the demo, the rest copies of them under mobile
    numbers +8619x that the generator never uses. Afterwards run ANALYZE.

    `searchable=False` leaves the copies out of the search index, which takes most of the time, when only numbers are looked up.
    """
    await session.execute(insert_new(Region).on_conflict_do_nothing(), region_rows())
    base = min(count, generated)
    generator = Generator(seed, communities=communities(), today=today, now=now)
    await copy_elders(session, generator.generate(base))
    done = base
    turn = 0
    while done < count:
        turn += 1
        await session.execute(
            text(_MULTIPLY),
            {"turn": turn, "limit": min(base, count - done), "marker": f"bench-{turn}-", "searchable": searchable, "base": base},
        )
        done += min(base, count - done)


_MULTIPLY = """
WITH source AS (
    SELECT e.*, row_number() OVER (ORDER BY e.id) - 1 AS place, gen_random_uuid() AS new_id
      FROM elders e WHERE e.card_number LIKE 'XF%' ORDER BY e.id LIMIT :limit
), made AS (
    INSERT INTO elders ({columns})
    SELECT {copied} FROM source RETURNING id
)
INSERT INTO elder_numbers (id, elder_id, e164, position, label, source, learned_at)
SELECT gen_random_uuid(), new_id, '+8619' || lpad((CAST(:turn AS bigint) * :base + place)::text, 9, '0'), 1, '手机', 'seed', created_at FROM source
"""
_REPLACED = {
    "id": "new_id",
    "id_number_index": "NULL",
    "card_number": "CAST(:marker AS text) || place",
    "search": "CASE WHEN CAST(:searchable AS boolean) THEN search ELSE ''::tsvector END",
}
_COLUMNS = [column.name for column in Elder.__table__.columns]
_MULTIPLY = _MULTIPLY.format(columns=", ".join(_COLUMNS), copied=", ".join(_REPLACED.get(c, c) for c in _COLUMNS))


async def _copy(connection: psycopg.AsyncConnection[Any], table: str, rows: Sequence[dict[str, Any]]) -> None:
    if not rows:
        return
    columns = list(rows[0])
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns)))
    async with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            await copy.write_row([_value(column, row[column]) for column in columns])


def _value(column: str, value: Any) -> Any:
    if column in ENCRYPTED and value is not None:
        return crypto.encrypt(value.encode() if isinstance(value, str) else orjson.dumps(value), ENCRYPTED[column])
    return Jsonb(value) if isinstance(value, list) else str(value) if hasattr(value, "value") else value
