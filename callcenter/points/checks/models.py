"""Results of the nights, and cases for a supervisor to look at."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.kit.crypto import EncryptedText
from callcenter.kit.db import Base, HasId, word
from callcenter.kit.states import Transitions
from callcenter.points.members.models import PointsMember


class Rule(StrEnum):
    SAME_STORE = "same_store"
    OVERLAPPING = "overlapping"
    ROUND_TRIP = "round_trip"
    SELF_REFERRAL = "self_referral"


class ReviewState(StrEnum):
    OPEN = "open"
    CLEARED = "cleared"
    CONFIRMED = "confirmed"


REVIEW: Transitions[ReviewState] = Transitions(
    "review",
    {
        ReviewState.OPEN: {ReviewState.CLEARED, ReviewState.CONFIRMED},
        ReviewState.CLEARED: set(),
        ReviewState.CONFIRMED: set(),
    },
)


class PointsCheck(HasId, Base):
    """What one look at the whole of the books has found. Append-only."""

    __tablename__ = "points_checks"

    night: Mapped[date]
    by_hand: Mapped[bool]  # beside the night's own: another look after a break
    at: Mapped[datetime]
    clean: Mapped[bool]
    findings: Mapped[list[dict[str, Any]]]  # which check, where, how much it is off
    entries: Mapped[int] = mapped_column(BigInteger)
    postings: Mapped[int] = mapped_column(BigInteger)
    head: Mapped[str]  # hash of the last sealed block
    liability_fen: Mapped[int] = mapped_column(BigInteger)  # points in persons' pockets and in the fund; a point is a fen

    __table_args__ = (Index("uq_points_checks_night", "night", unique=True, postgresql_where=text("NOT by_hand")),)


class PointsReview(HasId, Base):
    """Something that looks like fraud. One for each rule, member and day."""

    __tablename__ = "points_reviews"

    version: Mapped[int] = mapped_column(Integer, default=1)
    rule: Mapped[Rule] = mapped_column(word(Rule))
    state: Mapped[ReviewState] = mapped_column(word(ReviewState), default=ReviewState.OPEN)
    member_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(PointsMember.id), index=True)
    day: Mapped[date]
    details: Mapped[dict[str, Any]]  # ids and numbers
    opened_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(EncryptedText("points_reviews.reason"), default="")

    __table_args__ = (
        Index("uq_points_reviews_once", "rule", "member_id", "day", unique=True),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided"),
    )
