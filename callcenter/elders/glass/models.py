"""The review of a broken glass: one row for each grant with the reason `glass`, made with it."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.accounts.models import User
from callcenter.elders.models import AccessGrant
from callcenter.kit.db import Base, word


class Verdict(StrEnum):
    FINE = "fine"
    QUESTIONED = "questioned"


class ToldWhom(StrEnum):
    ELDER = "elder"
    FAMILY = "family"  # a guardian, or the daughter who cares for her


class GlassReview(Base):
    """Open until somebody else has looked at it; being told is another thing and may come before or after."""

    __tablename__ = "glass_reviews"

    grant_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(AccessGrant.id, ondelete="CASCADE"), primary_key=True)
    due_at: Mapped[datetime]
    case_id: Mapped[uuid.UUID | None]  # of the emergency for which it was broken; cases lie above this domain, so without a foreign key
    verdict: Mapped[Verdict | None] = mapped_column(word(Verdict))  # None: open
    note: Mapped[str] = mapped_column(default="")
    reviewer_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))
    reviewed_at: Mapped[datetime | None]
    told_whom: Mapped[ToldWhom | None] = mapped_column(word(ToldWhom))  # None: not told yet
    told_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))
    told_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("(verdict IS NULL) = (reviewer_id IS NULL) AND (verdict IS NULL) = (reviewed_at IS NULL)", name="reviewed"),
        CheckConstraint("(told_whom IS NULL) = (told_by IS NULL) AND (told_whom IS NULL) = (told_at IS NULL)", name="told"),
        Index("ix_glass_reviews_case_id", "case_id", postgresql_where="case_id IS NOT NULL"),
        Index("ix_glass_reviews_open", "due_at", postgresql_where="verdict IS NULL"),
    )
