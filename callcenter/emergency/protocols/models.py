"""Runs of protocols: which version, and each step with who did it and when. A row of a step is never taken away; a wrong click stays."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.accounts.models import User
from callcenter.emergency.models import Emergency
from callcenter.emergency.protocols.states import RunEnd, StepState
from callcenter.emergency.states import EmergencyKind
from callcenter.kit.db import Base, HasId, word


class ProtocolVersion(HasId, Base):
    """The content that was used, to the letter: the same code and version with other words is another row. Append-only."""

    __tablename__ = "protocol_versions"

    code: Mapped[str]
    version: Mapped[int]
    kind: Mapped[EmergencyKind] = mapped_column(word(EmergencyKind))
    sha256: Mapped[str]
    content: Mapped[dict[str, Any]]
    stored_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("code", "version", "sha256"),)


class ProtocolRun(HasId, Base):
    """One protocol walked in one emergency. At most one goes on, by constraint."""

    __tablename__ = "protocol_runs"

    emergency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Emergency.id))
    number: Mapped[int]  # 1, 2 …: the first, and after each change
    version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("protocol_versions.id"))
    started_at: Mapped[datetime]
    started_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))  # None: chosen by the program
    ended_at: Mapped[datetime | None]
    ended: Mapped[RunEnd] = mapped_column(word(RunEnd), default=RunEnd.NOT)

    __table_args__ = (
        UniqueConstraint("emergency_id", "number"),
        Index("uq_protocol_runs_going_on", "emergency_id", unique=True, postgresql_where=text("ended_at IS NULL")),
    )


class EmergencyStep(HasId, Base):
    """A turn of a step. Those that are done or skipped are, by position, the way that was walked; at most one is pending, by constraint."""

    __tablename__ = "emergency_steps"

    run_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("protocol_runs.id"))
    emergency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Emergency.id), index=True)
    position: Mapped[int]  # in its run, the next free one; never used again
    step: Mapped[str]
    state: Mapped[StepState] = mapped_column(word(StepState), default=StepState.PENDING)
    answer: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")  # why it was skipped
    carried: Mapped[bool] = mapped_column(default=False)  # known from before in this emergency, so not asked again
    began_at: Mapped[datetime]
    due_at: Mapped[datetime | None]  # None: nobody had the case yet
    at: Mapped[datetime | None]  # done or skipped
    by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))
    undone_at: Mapped[datetime | None]  # taken back, or left
    undone_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))

    __table_args__ = (
        UniqueConstraint("run_id", "position"),
        Index("uq_emergency_steps_pending", "run_id", unique=True, postgresql_where=text("state = 'pending'")),
    )
