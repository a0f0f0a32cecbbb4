"""The rota. It is kept and changed as one: its version guards all of it."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.calls.duty.rules import Level
from callcenter.kit.crypto import EncryptedText
from callcenter.kit.db import Base, HasId, word
from callcenter.regions.models import Region


class DutyPerson(HasId, Base):
    __tablename__ = "duty_people"

    version: Mapped[int] = mapped_column(default=1)
    name: Mapped[str]
    number: Mapped[str] = mapped_column(EncryptedText("duty_people.number"))  # E.164, or a short one that is dialled as it is
    active: Mapped[bool] = mapped_column(default=True)


class DutyShift(HasId, Base):
    """Every week on these days, by the centre's clock. `ends` not after `starts`: it ends on the next day."""

    __tablename__ = "duty_shifts"

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("duty_people.id"))
    level: Mapped[Level] = mapped_column(word(Level))
    region_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(Region.id))  # None: the whole centre
    weekdays: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger))  # 0 = Monday
    starts: Mapped[int] = mapped_column(SmallInteger)  # minute of the day
    ends: Mapped[int] = mapped_column(SmallInteger)
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]  # the last day on which it begins

    __table_args__ = (CheckConstraint("starts BETWEEN 0 AND 1439 AND ends BETWEEN 0 AND 1439", name="minutes"),)


class DutyException(HasId, Base):
    """One day that is otherwise: a shift that somebody else does, or nobody (`person_id` None); or one more shift (`shift_id` None)."""

    __tablename__ = "duty_exceptions"

    on_date: Mapped[date]
    shift_id: Mapped[uuid.UUID | None]
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("duty_people.id"))
    level: Mapped[Level] = mapped_column(word(Level))
    region_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(Region.id))
    starts: Mapped[int] = mapped_column(SmallInteger)
    ends: Mapped[int] = mapped_column(SmallInteger)
    note: Mapped[str] = mapped_column(default="")

    __table_args__ = (
        UniqueConstraint("shift_id", "on_date"),
        CheckConstraint("starts BETWEEN 0 AND 1439 AND ends BETWEEN 0 AND 1439", name="minutes"),
        CheckConstraint("shift_id IS NOT NULL OR person_id IS NOT NULL", name="somebody"),
    )


class DutyRota(Base):
    """One row. `version` goes up with shifts and exceptions, `changes` with people too: voice reads the rest only when it has moved."""

    __tablename__ = "duty_rota"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, default=0)
    changes: Mapped[int] = mapped_column(BigInteger, default=0)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(default="")
