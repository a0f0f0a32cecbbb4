"""The judgement of each elder, kept beside her: lists and counts read it, and nothing of her health stands in it."""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import ForeignKey, Integer, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.elders.lacks.kinds import Grade
from callcenter.elders.models import Elder
from callcenter.kit.db import Base, word


class ElderLacks(Base):
    """Written with every save of hers, and again each day: a contact's last day may have come, a boundary may have been drawn."""

    __tablename__ = "elder_lacks"

    elder_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Elder.id, ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer)  # of the profile that was judged
    judged_on: Mapped[date]
    grade: Mapped[Grade] = mapped_column(word(Grade))
    weight: Mapped[int] = mapped_column(SmallInteger)
    lacks: Mapped[list[str]]  # rules.Lack, in their order
