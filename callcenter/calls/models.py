"""Calls, their legs and events, agents' presence, commands to voice, lines."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.calls.states import AgentState, CallKind, CallState, LegKind, LegState, LineCarrier, PartyRole, Place
from callcenter.cases.states import Severity
from callcenter.kit.crypto import EncryptedText
from callcenter.kit.db import Base, HasId, word


class Line(Base):
    """A called number and what it is for. Unknown called numbers count as service: a press is never refused for its number."""

    __tablename__ = "lines"

    number: Mapped[str] = mapped_column(primary_key=True)  # digits as dialled
    kind: Mapped[CallKind] = mapped_column(word(CallKind))
    label: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True, server_default="true")  # switched off: calls to it count as service
    carrier: Mapped[LineCarrier] = mapped_column(word(LineCarrier), default=LineCarrier.PBX, server_default=LineCarrier.PBX.value)


class DutyTelephone(HasId, Base):
    __tablename__ = "duty_telephones"

    position: Mapped[int]
    number: Mapped[str]
    label: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)


class Call(HasId, Base):
    __tablename__ = "calls"

    version: Mapped[int] = mapped_column(BigInteger, default=1)
    kind: Mapped[CallKind] = mapped_column(word(CallKind))
    state: Mapped[CallState] = mapped_column(word(CallState))
    pbx: Mapped[str]
    channel_id: Mapped[str | None]  # the elder's channel; for a call that we make from when she is rung
    caller_raw: Mapped[str]  # as sent, filtered
    caller_key: Mapped[str | None]  # normalised; None = withheld
    called: Mapped[str]
    case_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("cases.id"), index=True)
    elder_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("elders.id"))
    shared_elder_ids: Mapped[list[str]] = mapped_column(default=list)  # a number of two people
    task_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("case_tasks.id"))  # the call-back this call does
    severity: Mapped[Severity] = mapped_column(word(Severity))
    risk: Mapped[int] = mapped_column(default=0)
    agent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))  # who talks or talked
    received_at: Mapped[datetime]
    queued_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]  # a person joined
    caller_left_at: Mapped[datetime | None]  # her line is gone while others go on talking
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str] = mapped_column(default="")
    in_front: Mapped[bool] = mapped_column(default=False)  # goes before its class: an agent's browser vanished in mid-call
    # timers: rows, so that whoever takes the call up again goes on with them
    voice_answered: Mapped[bool] = mapped_column(default=False)  # the channel is answered by us (reassurance)
    reassure_at: Mapped[datetime | None]
    escalate_at: Mapped[datetime | None]
    escalation: Mapped[int] = mapped_column(default=0)
    return_until: Mapped[datetime | None]  # waiting for the same agent's browser
    epoch: Mapped[int] = mapped_column(BigInteger, default=0)  # lease under which it was last written

    __table_args__ = (
        UniqueConstraint("pbx", "channel_id"),
        Index("ix_calls_live", "received_at", postgresql_where=text("state NOT IN ('ended', 'abandoned')")),
        Index("ix_calls_agent_answered", "agent_id", "answered_at"),
        Index("ix_calls_received_at", "received_at"),
    )


class CallLeg(HasId, Base):
    """An outbound leg: it exists here, with its deadline, before the carrier is touched. It is dialled once; another try is another leg."""

    __tablename__ = "call_legs"

    call_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("calls.id"), index=True)
    channel_id: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[LegKind] = mapped_column(word(LegKind))
    role: Mapped[PartyRole] = mapped_column(word(PartyRole))
    code: Mapped[str] = mapped_column(default="")  # of an outside party: "120", "110", "gas" …
    ref_id: Mapped[uuid.UUID | None]  # the contact or worker whose number it is
    asked_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))  # whose click called it in; None: the queue, or a program
    place: Mapped[Place] = mapped_column(word(Place), default=Place.MAIN)
    muted: Mapped[bool] = mapped_column(default=False)  # hears and is not heard
    mode: Mapped[str] = mapped_column(default="")  # of a supervisor: listen | whisper | barge
    agent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    number: Mapped[str] = mapped_column(default="")
    state: Mapped[LegState] = mapped_column(word(LegState))
    started_at: Mapped[datetime]
    deadline_at: Mapped[datetime]
    ringing_at: Mapped[datetime | None]
    early_at: Mapped[datetime | None]  # its exchange is heard before it answers
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    cause: Mapped[str] = mapped_column(default="")

    __table_args__ = (Index("ix_call_legs_live", "call_id", postgresql_where=text("state <> 'ended'")),)


class CallEvent(Base):
    """What happened on a call, one row each. Append-only; every figure is recomputed from here."""

    __tablename__ = "call_events"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    call_id: Mapped[uuid.UUID] = mapped_column(index=True)
    at: Mapped[datetime] = mapped_column(index=True)
    kind: Mapped[str]
    data: Mapped[dict[str, Any]]


class CallCommand(HasId, Base):
    """What a console asks of voice: a row with a deadline and an outcome, woken by NOTIFY that carries only the id."""

    __tablename__ = "call_commands"

    kind: Mapped[str]
    call_id: Mapped[uuid.UUID | None]
    agent_id: Mapped[uuid.UUID | None]  # None: the training telephone
    args: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    deadline_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(default="")  # done | not_done
    reason: Mapped[str] = mapped_column(default="")
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)

    __table_args__ = (Index("ix_call_commands_open", "created_at", postgresql_where=text("outcome = ''")),)


class AgentPresence(Base):
    """What an agent is doing, as voice knows it. Written by voice alone, but for `console_seen_at` (api)."""

    __tablename__ = "agent_presence"

    agent_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, default=1)
    wanted: Mapped[str] = mapped_column(default="idle")  # idle | paused: what the agent asked for
    state: Mapped[AgentState] = mapped_column(word(AgentState))
    reason: Mapped[str] = mapped_column(default="")
    since: Mapped[datetime]
    call_id: Mapped[uuid.UUID | None]
    phone_ok: Mapped[bool] = mapped_column(default=False)
    phone_checked_at: Mapped[datetime | None]
    phone_problem: Mapped[str] = mapped_column(default="", server_default="")  # what the last probes have shown; "" nothing
    probe_failures: Mapped[int] = mapped_column(default=0, server_default="0")  # in a row
    wrap_up_until: Mapped[datetime | None]
    idle_since: Mapped[datetime | None]


class ConsoleSocket(Base):
    """An agent's open console, kept fresh by the api; voice takes an agent out of rotation when it grows old."""

    __tablename__ = "console_sockets"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    agent_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), index=True)
    session_id: Mapped[uuid.UUID]
    seen_at: Mapped[datetime]


class SipAccount(Base):
    """An agent's telephone login: undialable random name, random secret, renewed at sign-in, given only to the signed-in console."""

    __tablename__ = "sip_accounts"

    agent_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    session_id: Mapped[uuid.UUID]
    name: Mapped[str] = mapped_column(unique=True)
    secret: Mapped[str] = mapped_column(EncryptedText("sip_accounts.secret"))
    issued_at: Mapped[datetime]


class CarrierMark(Base):
    """How far the carrier's own record has been read."""

    __tablename__ = "carrier_marks"

    pbx: Mapped[str] = mapped_column(primary_key=True)
    mark: Mapped[str]
