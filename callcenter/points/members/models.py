"""Members of the scheme."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, Integer
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.kit.crypto import EncryptedText
from callcenter.kit.db import Base, word
from callcenter.points.ledger.accounts import Whose
from callcenter.points.ledger.kinds import Holder
from callcenter.points.members.states import FrozenWhy, MemberState


class PointsMember(Base):
    """An elder or a volunteer who is none. `id` is the elder's or the volunteer's, as in the ledger."""

    __tablename__ = "points_members"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    holder: Mapped[Holder] = mapped_column(word(Holder))
    version: Mapped[int] = mapped_column(Integer, default=1)
    state: Mapped[MemberState] = mapped_column(word(MemberState), default=MemberState.ACTIVE)
    frozen_why: Mapped[FrozenWhy | None] = mapped_column(word(FrozenWhy))
    frozen_at: Mapped[datetime | None]
    grace_until: Mapped[date | None]  # nothing of hers expires until then: she could not spend it
    pin: Mapped[str] = mapped_column(EncryptedText("points_members.pin"), default="")  # a hash, for spending by telephone; "": none was set
    pin_failures: Mapped[int] = mapped_column(Integer, default=0)
    joined_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("holder IN ('elder', 'volunteer')", name="person"),
        CheckConstraint("(state = 'frozen') = (frozen_why IS NOT NULL) AND (state = 'frozen') = (frozen_at IS NOT NULL)", name="frozen"),
    )

    @property
    def whose(self) -> Whose:
        return Whose(self.holder, self.id)
