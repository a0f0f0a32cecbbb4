"""Calls that a program carries, and what happened on each."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.calls.dialogs.states import DialogState
from callcenter.calls.states import PartyRole
from callcenter.kit.db import Base, HasId, word

CONNECT = "connect"  # the kind that joins two parties without an agent
JOB_LINE = "job_line"  # the kind that answers a job line
DAILY_LINE = "daily_line"  # the kind that counts calls on a daily line


class DialogCall(HasId, Base):
    """An automatic call from its request on (it exists here, with its deadline, before the carrier is touched), or an inbound call from its answer on."""

    __tablename__ = "dialog_calls"

    kind: Mapped[str]
    subject_id: Mapped[uuid.UUID | None]  # what it is about: an offer, an order; known to the handler only
    urgent: Mapped[bool] = mapped_column(default=False, server_default="false")  # an emergency: rung at once, whoever else waits
    role: Mapped[PartyRole] = mapped_column(word(PartyRole), default=PartyRole.OTHER, server_default=PartyRole.OTHER)  # of who is rung
    ref_id: Mapped[uuid.UUID | None]  # the contact or worker whose number it is
    inbound: Mapped[bool] = mapped_column(default=False)
    number: Mapped[str]  # who is rung, or who calls; "" withheld
    then_number: Mapped[str] = mapped_column(default="")  # connect: the second party
    elder_ids: Mapped[list[str]] = mapped_column(default=list)  # inbound: whose number it may be
    case_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("cases.id"))
    call_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("calls.id"), index=True)
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    ring_seconds: Mapped[float] = mapped_column(default=30.0)
    state: Mapped[DialogState] = mapped_column(word(DialogState))
    cancel_asked_at: Mapped[datetime | None]
    step: Mapped[dict[str, Any]] = mapped_column(default=dict)  # the last one, as committed: said again when voice comes back
    memory: Mapped[dict[str, Any]] = mapped_column(default=dict)  # the handler's own
    keys: Mapped[str] = mapped_column(default="")  # what was entered, the answers separated by spaces
    outcome: Mapped[str] = mapped_column(default="")  # the handler's word, else how it ended
    requested_at: Mapped[datetime]
    due_at: Mapped[datetime]
    deadline_at: Mapped[datetime]  # not rung after it
    started_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_dialog_calls_open", "due_at", postgresql_where=text("state IN ('requested', 'ringing', 'talking')")),)


class DialogEvent(Base):
    """What happened, one row each. Append-only."""

    __tablename__ = "dialog_events"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    dialog_id: Mapped[uuid.UUID] = mapped_column(index=True)
    at: Mapped[datetime]
    kind: Mapped[str]  # requested, ringing, answered, step, keys, silence, error, ended …
    data: Mapped[dict[str, Any]]
