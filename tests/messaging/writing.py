"""Short words for the tests: something to say, a carrier in memory that counts, a look at the rows."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select, text

from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.messaging.actions import queue_message
from callcenter.messaging.models import Message
from callcenter.messaging.port import About, Accepted, Capability, Carriers, Channel, Delivery, Failure, OutcomeUnknown, Outgoing
from callcenter.messaging.sending import Sender

NUMBER = "13800001234"
SHOP = {"item": "上门理发", "area": "王府口社区", "when": "明天9:30"}


def words(key: str = "job:1:taken", **more: Any) -> dict[str, Any]:
    """What `queue_message` is given."""
    return {
        "dedupe_key": key,
        "channel": Channel.SMS,
        "to": NUMBER,
        "template": "job_taken_by_other",
        "params": SHOP,
        "about": About("job", "1"),
        "deadline": clock.now() + timedelta(hours=2),
        **more,
    }


async def say(database: Database, key: str = "job:1:taken", **more: Any) -> uuid.UUID:
    async with database.transaction() as session:
        return await queue_message(session, **words(key, **more))


async def count(database: Database, table: str) -> int:
    async with database.transaction() as session:
        return int((await session.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one())


@dataclass
class CountingCarrier:
    """Not a fake of any carrier: what the port allows, told by the test."""

    name: str = "counting"
    capabilities: frozenset[Capability] = frozenset()
    sent: list[Outgoing] = field(default_factory=list)
    does: Callable[[Outgoing], Exception | None] = lambda message: None
    reports: Delivery | Exception | None = None
    finds: Delivery | Exception | None = None
    found: list[uuid.UUID] = field(default_factory=list)
    slow: float = 0.0

    async def send(self, message: Outgoing) -> Accepted:
        self.sent.append(message)
        await asyncio.sleep(self.slow)
        if error := self.does(message):
            raise error
        return Accepted(f"P{len(self.sent)}")

    async def status(self, provider_id: str) -> Delivery:
        if not isinstance(self.reports, Delivery):
            raise self.reports or OutcomeUnknown(Failure.UNCLEAR)
        return self.reports

    async def find(self, message_id: uuid.UUID) -> Delivery | None:
        self.found.append(message_id)
        if isinstance(self.finds, Exception):
            raise self.finds
        return self.finds

    async def close(self) -> None: ...


def sender_of(database: Database, carrier: CountingCarrier, **more: Any) -> Sender:
    return Sender(database, Carriers({Channel.SMS: carrier}), **more)


async def sweep(sender: Sender) -> None:
    await sender.sweep()
    await sender.settle()


async def only_message(database: Database) -> Message:
    (found,) = await messages(database)
    return found


async def messages(database: Database) -> list[Message]:
    async with database.transaction() as session:
        return list(await session.scalars(select(Message).order_by(Message.id)))


def later(seconds: float) -> None:
    clock.shift(timedelta(seconds=seconds))
