"""Messages, and what the demo's carrier has taken."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.kit.crypto import EncryptedJSON, EncryptedText
from callcenter.kit.db import Base, HasId, word
from callcenter.messaging.port import Channel
from callcenter.messaging.states import MessageState


class Message(HasId, Base):
    __tablename__ = "messages"

    dedupe_key: Mapped[str] = mapped_column(unique=True)  # said once for each key, whoever asks how often
    channel: Mapped[Channel] = mapped_column(word(Channel))
    address: Mapped[str] = mapped_column(EncryptedText("messages.address"))
    address_index: Mapped[str]  # kit.crypto.index of the address
    template: Mapped[str]
    params: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJSON("messages.params"))  # None with the text: forgotten
    text: Mapped[str | None] = mapped_column(EncryptedText("messages.text"))
    about_kind: Mapped[str]
    about_id: Mapped[str]
    trace: Mapped[uuid.UUID | None]  # the case it was written on: kit/trace.py
    state: Mapped[MessageState] = mapped_column(word(MessageState), default=MessageState.QUEUED)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]  # not before
    deadline_at: Mapped[datetime]  # not after
    next_at: Mapped[datetime | None]  # the sweep looks again: to send, to take a silent attempt for lost, to ask what became of it
    attempts: Mapped[int] = mapped_column(default=0)
    looks: Mapped[int] = mapped_column(default=0)  # how often the carrier was asked what became of it
    carrier: Mapped[str] = mapped_column(default="")
    provider_id: Mapped[str] = mapped_column(default="")  # the carrier's id
    error: Mapped[str] = mapped_column(default="")  # port.Failure
    carrier_error: Mapped[str] = mapped_column(default="")  # the carrier's own code
    sent_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_messages_next_at", "next_at", postgresql_where=sql("next_at IS NOT NULL")),
        Index("ix_messages_about", "about_kind", "about_id"),
        Index("ix_messages_address_index_created_at", "address_index", "created_at"),
        Index("ix_messages_provider_id", "carrier", "provider_id", postgresql_where=sql("provider_id <> ''")),
        Index("ix_messages_with_text", "created_at", postgresql_where=sql("text IS NOT NULL")),
    )


class ConsoleLogMessage(Base):
    """What the carrier of the demo was given: the inbox of every telephone that is played."""

    __tablename__ = "console_log_messages"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)  # of the message
    at: Mapped[datetime] = mapped_column(index=True)
    address: Mapped[str] = mapped_column(EncryptedText("console_log_messages.address"))
    text: Mapped[str] = mapped_column(EncryptedText("console_log_messages.text"))


class InboundText(HasId, Base):
    """A text message that somebody sent to us. The public process writes it and reads none; whom it is for is the worker's to find (outreach/texts)."""

    __tablename__ = "inbound_texts"

    carrier: Mapped[str]
    provider_id: Mapped[str]  # the carrier's: told twice, it is one
    received_at: Mapped[datetime]
    address: Mapped[str] = mapped_column(EncryptedText("inbound_texts.address"))
    address_index: Mapped[str]  # the same as that of messages to this number
    text: Mapped[str | None] = mapped_column(EncryptedText("inbound_texts.text"))  # None: forgotten
    settled_at: Mapped[datetime | None]
    read_as: Mapped[str] = mapped_column(default="")  # what it was taken for, a word of whoever settled it
    was_late: Mapped[bool] = mapped_column(default=False, server_default="false")  # nobody waited for it any more: noted, and nothing else
    about_kind: Mapped[str] = mapped_column(default="")
    about_id: Mapped[str] = mapped_column(default="")

    __table_args__ = (
        UniqueConstraint("carrier", "provider_id"),
        Index("ix_inbound_texts_new", "received_at", postgresql_where=sql("settled_at IS NULL")),
        Index("ix_inbound_texts_about", "about_kind", "about_id"),
        Index("ix_inbound_texts_with_text", "received_at", postgresql_where=sql("text IS NOT NULL")),
    )
