"""PostgreSQL's LISTEN on its own autocommit connection: only ever a wake-up, never the news itself (8 kB limit, lost on reconnect)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager

import psycopg
import structlog
from psycopg.conninfo import make_conninfo
from sqlalchemy.engine import make_url

log = structlog.get_logger()


def plain_url(url: str) -> str:
    """The same place as libpq's conninfo (its URLs decode less than SQLAlchemy's encode)."""
    parsed = make_url(url)
    parts = {"host": parsed.host, "port": parsed.port, "user": parsed.username, "password": parsed.password, "dbname": parsed.database}
    return make_conninfo(**{k: v for k, v in parts.items() if v is not None} | dict(parsed.query))  # type: ignore[arg-type]


@asynccontextmanager
async def wakes(url: str, channel: str, *, every: float) -> AsyncIterator[AsyncIterator[str]]:
    """Gives the payload of each NOTIFY, and "" at least every `every` seconds and after each (re)connection, so that a lost wake-up costs only that long.

    Who stops listening closes the connection with that: a generator left to the garbage collector would close it some time.
    """
    async with aclosing(_heard(url, channel, every)) as heard:
        yield heard


async def _heard(url: str, channel: str, every: float) -> AsyncGenerator[str, None]:
    while True:
        try:
            connection = await psycopg.AsyncConnection.connect(plain_url(url), autocommit=True, connect_timeout=3)
            async with connection:
                await connection.execute(f"LISTEN {channel}")
                yield ""
                while True:
                    heard = False
                    async for notify in connection.notifies(timeout=every, stop_after=1):
                        heard = True
                        yield notify.payload
                    if not heard:
                        yield ""
        except (psycopg.Error, OSError) as error:
            log.warning("listen_lost", channel=channel, error=type(error).__name__)
            await asyncio.sleep(0.3)
            yield ""
