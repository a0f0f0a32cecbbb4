"""Families with who belonged to them when, and deeds that wait for a second person."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.kit.crypto import EncryptedText
from callcenter.kit.db import Base, HasId, word
from callcenter.points.families.states import ApprovalState, Deed, LeftWhy, Proof
from callcenter.points.members.models import PointsMember


class PointsFamily(HasId, Base):
    __tablename__ = "points_families"

    made_at: Mapped[datetime]
    made_by: Mapped[str]


class PointsFamilyMember(HasId, Base):
    """One stay in a family. Never deleted: whoever left has a day on which she did."""

    __tablename__ = "points_family_members"

    family_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(PointsFamily.id), index=True)
    member_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(PointsMember.id), index=True)
    proof: Mapped[Proof] = mapped_column(word(Proof))
    verified_by: Mapped[str]
    joined_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    left_why: Mapped[LeftWhy | None] = mapped_column(word(LeftWhy))
    left_by: Mapped[str] = mapped_column(default="")

    __table_args__ = (
        Index("uq_points_family_members_now", "member_id", unique=True, postgresql_where=text("left_at IS NULL")),
        CheckConstraint("(left_at IS NULL) = (left_why IS NULL)", name="has_left"),
    )


class PointsApproval(HasId, Base):
    """A deed that one has asked for and another must agree to. `id` is the deed's, made by whoever asked."""

    __tablename__ = "points_approvals"

    version: Mapped[int] = mapped_column(Integer, default=1)
    deed: Mapped[Deed] = mapped_column(word(Deed))
    state: Mapped[ApprovalState] = mapped_column(word(ApprovalState), default=ApprovalState.ASKED)
    member_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(PointsMember.id), index=True)  # whose points
    to_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(PointsMember.id))  # None: the fund
    amount: Mapped[int] = mapped_column(BigInteger)  # of an inheritance what there was when it was asked for
    reason: Mapped[str] = mapped_column(EncryptedText("points_approvals.reason"))
    about: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")  # of goods which, and how many
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[uuid.UUID]
    asked_by: Mapped[str]
    expires_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[uuid.UUID | None]
    decided_by: Mapped[str] = mapped_column(default="")

    __table_args__ = (
        CheckConstraint("decided_by_id IS NULL OR decided_by_id <> asked_by_id OR state = 'refused'", name="two_persons"),
        CheckConstraint("(state = 'asked') = (decided_at IS NULL)", name="decided"),
        CheckConstraint("(to_id IS NOT NULL) = (deed IN ('gift', 'inheritance')) AND amount >= 0", name="whom"),
        Index("ix_points_approvals_due", "expires_at", postgresql_where=text("state = 'asked'")),
    )
