"""The relay process: numbers outbox rows in the order consoles see, and wakes the bus. At least once; harmless twice.

One relay numbers at a time (an advisory lock). A kill between the commit and the wake-up costs a console one poll, never an event.
"""

from __future__ import annotations

import asyncio

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import text

from callcenter.emergency.ladder.auditing import audit_for_ever
from callcenter.kit import trace
from callcenter.kit.db import Database
from callcenter.kit.listen import wakes
from callcenter.kit.outbox import BUS_CHANNEL, CHANNEL
from callcenter.kit.ready import say_ready
from callcenter.settings import Settings

log = structlog.get_logger()
LOCK = 7_001_2349
NUMBER = text(
    """
    UPDATE outbox SET seq = numbered.seq
    FROM (SELECT id, nextval('outbox_published_seq') AS seq
          FROM (SELECT id FROM outbox WHERE seq IS NULL ORDER BY id LIMIT 500) AS todo) AS numbered
    WHERE outbox.id = numbered.id
    RETURNING outbox.seq, outbox.topic, outbox.object_id, outbox.trace
    """
)


async def number_rows(database: Database) -> int:
    """Give the next numbers to what is committed and unnumbered; returns how many."""
    async with database.transaction() as session:
        await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        numbered = (await session.execute(NUMBER)).all()
        for seq, topic, object_id, of_case in sorted(numbered):
            if of_case is not None:
                trace.noted(session, "published", trace=of_case, topic=topic, object=object_id, seq=seq)
        return len(numbered)


async def relay(settings: Settings) -> None:
    database = Database.of(settings, pool_size=2)
    bus = Redis.from_url(settings.redis_url, socket_connect_timeout=1, socket_timeout=1) if settings.redis_url else None
    auditing = asyncio.create_task(audit_for_ever(database), name="auditor")
    try:
        first = True
        async with wakes(database.url, CHANNEL, every=0.5) as heard:
            async for _ in heard:
                try:
                    while count := await number_rows(database):
                        if bus is not None:
                            await wake_bus(bus)
                        if count < 500:
                            break
                except Exception as error:
                    log.warning("relay_step_failed", error=type(error).__name__)
                if first:
                    first = False
                    say_ready()
    finally:
        auditing.cancel()


async def wake_bus(bus: Redis) -> None:
    try:
        await bus.publish(BUS_CHANNEL, b"")
    except (RedisError, OSError) as error:  # consoles poll without it
        log.warning("bus_away", error=type(error).__name__)


def main(settings: Settings) -> None:
    asyncio.run(relay(settings))
