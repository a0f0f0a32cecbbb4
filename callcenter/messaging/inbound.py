"""Text messages that come in: kept as they are, each once. What they are about is not known here."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.kit.errors import Invalid
from callcenter.kit.ids import new_id
from callcenter.kit.phone import normalise
from callcenter.messaging.actions import index_of
from callcenter.messaging.models import InboundText
from callcenter.messaging.rules import takes_texts
from callcenter.settings import Settings

LONGEST = 2000  # characters; what carriers join of several parts is shorter
LONGEST_ID = 128


@dataclass(frozen=True, slots=True)
class Received:
    """Checked: `sender` is a number that can be answered, in the form in which messages to it are kept."""

    carrier: str
    provider_id: str
    sender: str
    text: str


def checked(settings: Settings, *, carrier: str, provider_id: str, sender: str, text: str) -> Received:
    """Invalid `no_message_id`, `bad_sender` (a short code, a name: no person who could be answered), `text_too_long`."""
    if not 0 < len(provider_id) <= LONGEST_ID or not provider_id.isprintable():
        raise Invalid("a text message without the carrier's id", code="no_message_id")
    number = normalise(sender, settings)
    if number is None or not takes_texts(number):
        raise Invalid("not sent from a number that takes texts", code="bad_sender")
    if len(text) > LONGEST:
        raise Invalid("no text message is so long", code="text_too_long")
    return Received(carrier, provider_id, number.value, without_controls(text))


def without_controls(text: str) -> str:
    """A database's text holds no NUL, and a screen no bell; line ends are blanks."""
    return "".join(" " if c in "\r\n\t" else c for c in text if c in "\r\n\t" or unicodedata.category(c) not in ("Cc", "Cs")).strip()


async def take_text(session: AsyncSession, received: Received, *, at: datetime) -> None:
    """Harmless twice: the carrier's id is taken once. Asks the database for nothing that the public role may not read."""
    row = {
        "id": new_id(),
        "carrier": received.carrier,
        "provider_id": received.provider_id,
        "received_at": at,
        "address": received.sender,
        "address_index": index_of(received.sender),
        "text": received.text,
        "read_as": "",
        "about_kind": "",
        "about_id": "",
    }
    await session.execute(pg_insert(InboundText.__table__).values(row).on_conflict_do_nothing())  # type: ignore[arg-type]


async def list_unsettled(session: AsyncSession, *, limit: int = 200) -> Sequence[uuid.UUID]:
    """In the order they came."""
    new = select(InboundText.id).where(InboundText.settled_at.is_(None))
    return (await session.scalars(new.order_by(InboundText.received_at, InboundText.id).limit(limit))).all()


async def lock_text(session: AsyncSession, text_id: uuid.UUID) -> InboundText:
    found = select(InboundText).where(InboundText.id == text_id).with_for_update().execution_options(populate_existing=True)
    return (await session.scalars(found)).one()
