"""The demo's carrier: every telephone's inbox is a table, shown beside the training telephone. Nothing leaves the house, nothing comes into a log."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as pg_insert

from callcenter.kit import clock
from callcenter.kit.db import Database
from callcenter.messaging.models import ConsoleLogMessage
from callcenter.messaging.port import Accepted, Capability, Delivery, DeliveryStatus, Failure, OutcomeUnknown, Outgoing


class ConsoleLog:
    name = "console"
    capabilities = frozenset({Capability.IDEMPOTENT, Capability.STATUS, Capability.FIND})

    def __init__(self, database: Database) -> None:
        self._database = database

    async def send(self, message: Outgoing) -> Accepted:
        row = pg_insert(ConsoleLogMessage).values(id=message.id, at=clock.now(), address=message.to, text=message.text)
        async with self._database.transaction() as session:
            await session.execute(row.on_conflict_do_nothing(index_elements=["id"]))
        return Accepted(str(message.id))

    async def status(self, provider_id: str) -> Delivery:
        found = await self.find(uuid.UUID(provider_id))
        if found is None:
            raise OutcomeUnknown(Failure.UNCLEAR)
        return found

    async def find(self, message_id: uuid.UUID) -> Delivery | None:
        async with self._database.transaction() as session:
            known = await session.scalar(select(ConsoleLogMessage.id).where(ConsoleLogMessage.id == message_id))
        return Delivery(DeliveryStatus.DELIVERED, str(message_id)) if known else None

    async def close(self) -> None:
        """The database is its owner's."""
