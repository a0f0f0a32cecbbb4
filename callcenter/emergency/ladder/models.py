"""Ladders and the calls that are made: contacts, the grid worker, she herself, the duty telephones."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.accounts.models import User
from callcenter.cases.models import CaseTask
from callcenter.emergency.ladder.states import AttemptState, DutyCallState, LadderState, Who
from callcenter.emergency.models import Emergency, EmergencyAlarm
from callcenter.kit.crypto import EncryptedText
from callcenter.kit.db import Base, HasId, word

NUMBER = "contact_attempts.number"


class Ladder(HasId, Base):
    """One round of an emergency's contacts. At most one runs."""

    __tablename__ = "ladders"

    emergency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Emergency.id))
    round: Mapped[int]  # from 1
    rungs: Mapped[list[dict[str, Any]]]  # schemas.Rung, as they were when it began
    rung: Mapped[int] = mapped_column(default=0)  # the one that is on, from 1; 0: it begins at `due_at`
    rounds_left: Mapped[int] = mapped_column(default=0)
    again_s: Mapped[int] = mapped_column(default=120)  # between two rounds
    state: Mapped[LadderState] = mapped_column(word(LadderState), default=LadderState.RUNNING)
    due_at: Mapped[datetime | None]  # the next step comes by itself; None: it is over
    started_at: Mapped[datetime]
    started_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))  # None: by itself
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))

    __table_args__ = (
        UniqueConstraint("emergency_id", "round"),
        Index("uq_ladders_running", "emergency_id", unique=True, postgresql_where=text("state = 'running'")),
        Index("ix_ladders_due", "due_at", postgresql_where=text("state = 'running'")),
    )


class ContactAttempt(HasId, Base):
    """One call to one number on one step. It exists here before voice is asked for it."""

    __tablename__ = "contact_attempts"

    emergency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Emergency.id))
    ladder_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(Ladder.id))
    task_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(CaseTask.id))  # the call-back that is done by it
    round: Mapped[int]
    rung: Mapped[int]  # from 1; rules.CLICKED, rules.CALLED_BACK
    position: Mapped[int]
    who: Mapped[Who] = mapped_column(word(Who))
    contact_id: Mapped[uuid.UUID | None]  # no foreign keys: who was called stays true when a contact is deleted
    worker_id: Mapped[uuid.UUID | None]
    name: Mapped[str] = mapped_column(EncryptedText("contact_attempts.name"))
    relation: Mapped[str] = mapped_column(default="")
    number: Mapped[str] = mapped_column(EncryptedText(NUMBER))
    number_key: Mapped[str]  # keyed hash
    state: Mapped[AttemptState] = mapped_column(word(AttemptState), default=AttemptState.WAITING)
    ring_s: Mapped[int]
    dialog_id: Mapped[uuid.UUID | None]
    asked_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))  # None: a ladder, or the system
    asked_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(default="")
    ended_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]  # who said that she goes is there
    arrived_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))  # who has told us so

    __table_args__ = (
        UniqueConstraint("emergency_id", "round", "rung", "number_key"),
        Index("ix_contact_attempts_open", "emergency_id", postgresql_where=text("state IN ('waiting', 'calling')")),
    )


class DutyCall(HasId, Base):
    """A duty telephone that is told of an alarm of the third level. Each number once for each alarm."""

    __tablename__ = "duty_calls"

    emergency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Emergency.id))
    alarm_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(EmergencyAlarm.id))
    position: Mapped[int]
    number: Mapped[str] = mapped_column(EncryptedText("duty_calls.number"))
    number_key: Mapped[str]
    state: Mapped[DutyCallState] = mapped_column(word(DutyCallState), default=DutyCallState.CALLING)
    dialog_id: Mapped[uuid.UUID | None]
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("alarm_id", "number_key"),
        Index("uq_duty_calls_open", "emergency_id", unique=True, postgresql_where=text("state = 'calling'")),
    )
