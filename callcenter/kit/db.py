"""The database: one declarative base, one place that commits.

Application code never commits: a request or a job is one transaction, opened here.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, LiteralString

import orjson
import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy import DateTime, Enum, MetaData, Text, TextClause
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from callcenter.kit import trace
from callcenter.kit.ids import new_id
from callcenter.settings import Settings


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[str]: JSONB,
        list[dict[str, Any]]: JSONB,
        str: Text,
    }


class HasId:
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)


def word(enum: type[StrEnum]) -> Enum:
    """A StrEnum kept as text with a check, so that a new word needs no ALTER TYPE."""
    return Enum(
        enum,
        native_enum=False,
        length=32,
        values_callable=lambda e: [m.value for m in e],
        create_constraint=True,
        name=enum.__name__.lower(),
    )


def as_json(value: object) -> str:
    """For a `CAST(:x AS jsonb)`: datetimes, UUIDs and enums as PostgreSQL reads them."""
    return orjson.dumps(value).decode()


_DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]
_RAW = "raw connection"


@lru_cache(maxsize=256)
def _plain(statement: TextClause) -> LiteralString:
    return str(statement.compile(dialect=_DIALECT))


async def run(session: AsyncSession, statement: TextClause, parameters: dict[str, Any]) -> psycopg.AsyncCursor[Any]:
    """A statement of the hot path, in the session's transaction but without SQLAlchemy's own work (half of a press was that). Flushes nothing.
    Errors are SQLAlchemy's.
    """
    raw = await _raw(session)
    try:
        return await raw.execute(
            _plain(statement), parameters, prepare=True
        )  # at its first time: each connection would parse it five times else
    except psycopg.Error as error:
        raise _translated(error) from error


@dataclass(frozen=True, slots=True)
class Asked:
    """A read for `read_together`: PostgreSQL's own parameters, `%(name)s`."""

    sql: LiteralString
    parameters: dict[str, Any]


async def read_together(session: AsyncSession, *asked: Asked, planned_once: bool = False) -> list[list[Any]]:
    """Several reads in the session's transaction for one journey to the server and back. Rows have attributes; enums come as text.

    `planned_once`: these, and whatever follows in this transaction, are planned once for a connection, not for each set of parameters: where planning
    takes longer than reading. Not for statements that need a partial index by a parameter.
    """
    raw = await _raw(session)
    try:
        async with raw.pipeline():
            if planned_once:
                await raw.execute("SET LOCAL plan_cache_mode = force_generic_plan", prepare=False)
            cursors = [raw.cursor(row_factory=namedtuple_row) for _ in asked]
            for cursor, one in zip(cursors, asked, strict=True):
                await cursor.execute(one.sql, one.parameters, prepare=True)
            return [await cursor.fetchall() for cursor in cursors]
    except psycopg.Error as error:
        raise _translated(error) from error


async def _raw(session: AsyncSession) -> psycopg.AsyncConnection[Any]:
    """The driver's connection of this transaction. Asked for once: each time through SQLAlchemy costs as much as a small statement."""
    raw = session.info.get(_RAW)
    if raw is None:
        raw = (await (await session.connection()).get_raw_connection()).driver_connection
        assert isinstance(raw, psycopg.AsyncConnection)
        session.info[_RAW] = raw
    return raw


@asynccontextmanager
async def pipelined(session: AsyncSession, *, commit: bool = False) -> AsyncIterator[None]:
    """What is executed inside is sent without waiting for each answer, so its results can't be read; an error is raised at the end, if not before.
    `commit`: that goes with it, for one journey instead of two; nothing can follow in this transaction.
    """
    raw = await _raw(session)
    try:
        async with raw.pipeline():
            yield
            if commit:
                await raw.execute("COMMIT", prepare=False)  # the driver's own way would wait for what was sent before it
    except psycopg.Error as error:  # raised at the end, outside SQLAlchemy's own translation
        raise _translated(error) from error


def _translated(error: psycopg.Error) -> DBAPIError:
    kind = (
        IntegrityError
        if isinstance(error, psycopg.IntegrityError)
        else OperationalError
        if isinstance(error, psycopg.OperationalError)
        else DBAPIError
    )
    return kind("by the driver alone", None, error)


def psycopg_url(url: str) -> str:
    """`postgresql://…` as given by people → the driver's form."""
    parsed = make_url(url)
    return parsed.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def make_engine(url: str, *, pool_size: int = 10, statement_timeout_ms: int = 15_000) -> AsyncEngine:
    return create_async_engine(
        psycopg_url(url),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=False,
        pool_timeout=5,
        pool_use_lifo=True,  # the connection used last has its statements prepared and its caches warm
        hide_parameters=True,  # an error's text goes to the log, names and numbers do not
        json_serializer=lambda value: orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode(),
        json_deserializer=orjson.loads,
        connect_args={"connect_timeout": 3, "options": f"-c statement_timeout={statement_timeout_ms} -c timezone=UTC"},
    )


def is_database_away(error: BaseException) -> bool:
    return isinstance(error, (OperationalError, InterfaceError, OSError, TimeoutError, PoolTimeout)) or (
        isinstance(error, DBAPIError) and error.connection_invalidated
    )


class Database:
    """An engine and its sessions. Every process has one."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = url
        self.engine = make_engine(url, pool_size=pool_size)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    @classmethod
    def of(cls, settings: Settings, *, pool_size: int = 10) -> Database:
        url = settings.app_database_url or settings.database_url
        if not url:
            raise SystemExit("no database: set ONEKEY_APP_DATABASE_URL (or use `callcenter run`, which brings its own PostgreSQL)")
        return cls(url, pool_size=pool_size)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """One transaction: commits at the end, rolls back on any error. What was noted meanwhile is logged when it has committed."""
        trace.unbind()  # what the last one was about; after this one it stays, so that the line of an error has it
        async with self._sessions() as session:
            async with session.begin():
                yield session
            trace.say_noted(session)

    async def close(self) -> None:
        await self.engine.dispose()
