"""The emergency of a case, what is due in it, and its alarms. Whose case it is and what was said stands with the case."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.accounts.models import User
from callcenter.cases.models import Case
from callcenter.emergency.states import DeadlineState, EmergencyKind, EmergencyState
from callcenter.kit.db import Base, HasId, word


class Emergency(HasId, Base):
    __tablename__ = "emergencies"

    version: Mapped[int] = mapped_column(BigInteger, default=1)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Case.id), unique=True)
    kind: Mapped[EmergencyKind] = mapped_column(word(EmergencyKind), default=EmergencyKind.UNKNOWN)
    state: Mapped[EmergencyState] = mapped_column(word(EmergencyState), default=EmergencyState.OPEN)
    pressed_at: Mapped[datetime]  # clocks of the screen and of the report count from here
    opened_at: Mapped[datetime]
    opened_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))  # None: by the press itself
    watcher_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id), index=True)  # the second person
    watch_asked_at: Mapped[datetime | None]
    watching_since: Mapped[datetime | None]  # she has said that she watches
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))
    outcome: Mapped[str] = mapped_column(default="")
    rungs: Mapped[list[dict[str, Any]]] = mapped_column(default=list, server_default="[]")  # whom its protocol calls; empty: the usual ones

    __table_args__ = (
        Index("ix_emergencies_open", "pressed_at", postgresql_where=text("state = 'open'")),
        Index("ix_emergencies_pressed_at", "pressed_at"),
    )


class EmergencyDeadline(HasId, Base):
    """Something that must have happened by then. Overdue, it goes up the levels, each once, until it is met or nobody waits for it."""

    __tablename__ = "emergency_deadlines"

    emergency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("emergencies.id"), index=True)
    code: Mapped[str]  # owner, watch, step:breathing, handover:120, ladder:1 …
    state: Mapped[DeadlineState] = mapped_column(word(DeadlineState), default=DeadlineState.OPEN)
    started_at: Mapped[datetime]
    due_at: Mapped[datetime]
    level: Mapped[int] = mapped_column(default=0)  # the highest that was told
    next_at: Mapped[datetime | None]  # when the next level is told; None: all were, or it is over
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))

    __table_args__ = (
        Index("uq_emergency_deadlines_open", "emergency_id", "code", unique=True, postgresql_where=text("state = 'open'")),
        Index("ix_emergency_deadlines_next", "next_at", postgresql_where=text("state = 'open' AND next_at IS NOT NULL")),
    )


class EmergencyAlarm(HasId, Base):
    """Stands on every screen it is for until a person has said that she saw it."""

    __tablename__ = "emergency_alarms"

    emergency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("emergencies.id"), index=True)
    deadline_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("emergency_deadlines.id"))  # None: something failed
    code: Mapped[str]  # the deadline's, or what failed: outside_failed, city_not_reached, ladder_ended …
    level: Mapped[int]
    at: Mapped[datetime]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)  # ids and codes, nothing private
    seen_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))
    seen_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("deadline_id", "level"),
        Index("ix_emergency_alarms_unseen", "emergency_id", postgresql_where=text("seen_at IS NULL")),
    )
