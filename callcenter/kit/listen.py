"""PostgreSQL's LISTEN on its own autocommit connection: only ever a wake-up, never the news itself (8 kB limit, lost on reconnect)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import psycopg
import structlog
from sqlalchemy.engine import make_url

log = structlog.get_logger()


def plain_url(url: str) -> str:
    """The driver's own form of a SQLAlchemy URL."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


async def wakes(url: str, channel: str, *, every: float) -> AsyncIterator[str]:
    """Yields the payload of each NOTIFY, and "" at least every `every` seconds and after each (re)connection, so that a lost wake-up costs only that long."""
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
