"""Cases, their timelines, and tasks that wait for a person."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Sequence, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.cases.states import CaseState, Severity, TaskState
from callcenter.kit.db import Base, HasId, word

case_number_seq = Sequence("case_number_seq", metadata=Base.metadata)


class Case(HasId, Base):
    __tablename__ = "cases"

    version: Mapped[int] = mapped_column(BigInteger, default=1)
    number: Mapped[str] = mapped_column(unique=True)  # as people say it: 261122-1007
    state: Mapped[CaseState] = mapped_column(word(CaseState), default=CaseState.NEW)
    severity: Mapped[Severity] = mapped_column(word(Severity))
    is_sos: Mapped[bool]
    elder_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("elders.id"), index=True)
    caller_key: Mapped[str | None] = mapped_column(index=True)  # normalised number; None = withheld
    owner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    linked_case_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("cases.id"))
    presses: Mapped[int] = mapped_column(default=1)
    opened_at: Mapped[datetime]
    last_press_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(default="")
    open_orders: Mapped[int] = mapped_column(default=0, server_default="0")  # counted by dispatch: the case waits for them
    deadline_at: Mapped[datetime]  # an owner, or a queue with a deadline
    # how it came to its owner, when a person gave it to her; forgotten when it moves on
    handed_at: Mapped[datetime | None]
    handed_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    handed_word: Mapped[str] = mapped_column(default="", server_default="")

    __table_args__ = (
        Index("ix_cases_open", "opened_at", postgresql_where=text("state IN ('new', 'owned', 'waiting')")),
        Index("ix_cases_resolved", "resolved_at", postgresql_where=text("state = 'resolved'")),
        Index("ix_cases_sos_press", "elder_id", "last_press_at", postgresql_where=text("is_sos")),
    )


class CaseEntry(HasId, Base):
    """One line of a timeline. Append-only."""

    __tablename__ = "case_entries"

    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cases.id"))
    at: Mapped[datetime]
    kind: Mapped[str]
    actor_id: Mapped[uuid.UUID | None]
    actor_name: Mapped[str]
    text: Mapped[str] = mapped_column(default="")
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)

    __table_args__ = (Index("ix_case_entries_case_id_at", "case_id", "at"),)


class CaseLock(Base):
    """Who works on an opened case right now. One at a time; it ends by itself when she does nothing (cases/locks.py)."""

    __tablename__ = "case_locks"

    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    since: Mapped[datetime]
    until: Mapped[datetime]


class CaseTask(HasId, Base):
    """Something a person must do; here: call back. At most one open call-back for each elder, and for each unknown number, by constraint."""

    __tablename__ = "case_tasks"

    version: Mapped[int] = mapped_column(BigInteger, default=1)
    kind: Mapped[str] = mapped_column(default="call_back")
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    elder_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("elders.id"))
    number: Mapped[str]  # normalised; whom to call
    reason: Mapped[str]
    state: Mapped[TaskState] = mapped_column(word(TaskState), default=TaskState.OPEN)
    owner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    recording: Mapped[str] = mapped_column(default="")

    __table_args__ = (
        Index(
            "uq_case_tasks_elder_call_back",
            "elder_id",
            unique=True,
            postgresql_where=text("kind = 'call_back' AND state <> 'done' AND elder_id IS NOT NULL"),
        ),
        Index(
            "uq_case_tasks_number_call_back",
            "number",
            unique=True,
            postgresql_where=text("kind = 'call_back' AND state <> 'done' AND elder_id IS NULL"),
        ),
        Index("ix_case_tasks_open", "due_at", postgresql_where=text("state <> 'done'")),
    )
