"""What must happen after a commit starts as a row in the same transaction.

The relay numbers rows when it publishes them (ids given at insert commit out of order, and a reader of "id > last" would lose some).
Payloads hold ids and states, nothing private: consoles' views are built by the api for whoever may see them.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Identity, Index, text
from sqlalchemy import Sequence as DbSequence
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.kit import clock, trace
from callcenter.kit.db import Base, as_json, run

CHANNEL = "onekey_outbox"  # NOTIFY channel that wakes the relay
BUS_CHANNEL = "onekey:events"  # Valkey channel of published rows

published_seq = DbSequence("outbox_published_seq", metadata=Base.metadata)


class OutboxRow(Base):
    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    created_at: Mapped[datetime]
    topic: Mapped[str]  # "call", "case", "task", "agent", …: the object's kind
    object_id: Mapped[str]
    version: Mapped[int] = mapped_column(BigInteger, default=0)
    payload: Mapped[dict[str, Any]]
    trace: Mapped[uuid.UUID | None]  # the case it happened on: kit/trace.py
    seq: Mapped[int | None] = mapped_column(BigInteger, unique=True)  # set by the relay, in the order consoles see

    __table_args__ = (Index("ix_outbox_unpublished", "id", postgresql_where=text("seq IS NULL")),)


_PUBLISH = text(
    """
    WITH put AS (
        INSERT INTO outbox (created_at, topic, object_id, version, payload, trace)
        VALUES (:at, :topic, :object_id, :version, CAST(:payload AS jsonb), :trace) RETURNING id
    )
    SELECT pg_notify(:channel, '') FROM put
    """
)


async def publish(session: AsyncSession, topic: str, object_id: object, payload: dict[str, Any], *, version: int = 0) -> None:
    """Put one event into the outbox and wake the relay at commit."""
    event = {"at": clock.now(), "topic": topic, "object_id": str(object_id), "version": version, "payload": as_json(payload)}
    await run(session, _PUBLISH, {**event, "trace": trace.bound(), "channel": CHANNEL})
