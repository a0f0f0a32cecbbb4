"""Hand-overs and their signatures. What was signed stands in the signature's row, which nobody changes; the rest is where it stands."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.handover.states import HandoverState
from callcenter.kit.crypto import EncryptedJSON
from callcenter.kit.db import Base, HasId, word


class Handover(HasId, Base):
    __tablename__ = "handovers"

    version: Mapped[int] = mapped_column(BigInteger, default=1)
    state: Mapped[HandoverState] = mapped_column(word(HandoverState), default=HandoverState.DRAFT)
    leaving_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    arriving_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    opened_at: Mapped[datetime]
    signed_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    draft: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJSON("handovers.draft"))  # schemas.Draft; gone once signed

    __table_args__ = (
        Index("uq_handovers_draft", "leaving_id", unique=True, postgresql_where=text("state = 'draft'")),
        Index("ix_handovers_opened_at", "opened_at"),
    )


class HandoverSignature(HasId, Base):
    """Append-only. The leaving lead's holds the whole; the arriving one's has the same digest, so it is that which she accepted."""

    __tablename__ = "handover_signatures"

    handover_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("handovers.id"))
    kind: Mapped[str]  # leaving | arriving
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    user_name: Mapped[str]
    at: Mapped[datetime]
    digest: Mapped[str]  # SHA-256 of the content
    content: Mapped[dict[str, Any]] = mapped_column(EncryptedJSON("handover_signatures.content"))

    __table_args__ = (UniqueConstraint("handover_id", "kind"),)
