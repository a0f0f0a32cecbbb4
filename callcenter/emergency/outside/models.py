"""Outside services, hand-overs to them, the crews' links, what comes in from outside, and what goes out to a city's interface."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.emergency.outside.states import Agency, CityState, DeliveryState, HandoverOutState, ReportKind, Source
from callcenter.kit.crypto import EncryptedJSON, EncryptedText
from callcenter.kit.db import Base, HasId, word


class OutsideService(HasId, Base):
    """Whom to call for an agency, there or below. Its history is the audit."""

    __tablename__ = "outside_services"

    version: Mapped[int] = mapped_column(Integer, default=1)
    region_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("regions.id"))  # None: wherever no nearer one stands
    agency: Mapped[Agency] = mapped_column(word(Agency))
    number: Mapped[str]  # as it is dialled: 120, or E.164; "" is none
    label: Mapped[str]  # 襄阳市急救中心
    mobile: Mapped[str] = mapped_column(
        EncryptedText("outside_services.mobile"), default=""
    )  # E.164: where a crew's link goes when none is typed
    webhook_url: Mapped[str] = mapped_column(default="")  # a city's interface
    secret: Mapped[str] = mapped_column(EncryptedText("outside_services.secret"), default="")  # signs both ways
    active: Mapped[bool] = mapped_column(default=True)
    updated_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("region_id", "agency", postgresql_nulls_not_distinct=True),)


class OutsideHandover(HasId, Base):
    """An emergency handed over to an agency. At most one of each agency is open, by a unique index."""

    __tablename__ = "outside_handovers"

    version: Mapped[int] = mapped_column(BigInteger, default=1)
    emergency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("emergencies.id"), index=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    agency: Mapped[Agency] = mapped_column(word(Agency))
    service_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("outside_services.id"))
    state: Mapped[HandoverOutState] = mapped_column(word(HandoverOutState), default=HandoverOutState.OFFERED)
    offered_at: Mapped[datetime]
    offered_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    accepted_at: Mapped[datetime | None]
    dispatched_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]
    rejected_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    call_id: Mapped[uuid.UUID | None]  # on which she spoke with them, and their leg of it
    leg_id: Mapped[uuid.UUID | None]
    confirmed_by: Mapped[str] = mapped_column(EncryptedText("outside_handovers.confirmed_by"), default="")  # who there has confirmed it
    reference: Mapped[str] = mapped_column(default="")  # its number there
    reason: Mapped[str] = mapped_column(EncryptedText("outside_handovers.reason"), default="")  # of a rejection
    outcome: Mapped[str] = mapped_column(EncryptedText("outside_handovers.outcome"), default="")
    note: Mapped[str] = mapped_column(EncryptedText("outside_handovers.note"), default="")  # the agent's own words, part of the packet
    packet: Mapped[dict[str, Any]] = mapped_column(EncryptedJSON("outside_handovers.packet"), deferred=True)
    packet_digest: Mapped[str]  # of its content without times and numbers
    packet_version: Mapped[int] = mapped_column(Integer, default=1)
    packet_at: Mapped[datetime]
    look_at: Mapped[datetime | None]  # when the packet is compared with the records again; None: it is over
    opened_at: Mapped[datetime | None]  # a crew has opened its page
    read_at: Mapped[datetime | None]  # and says that it has read it
    city: Mapped[CityState] = mapped_column(word(CityState), default=CityState.NONE)

    __table_args__ = (
        Index(
            "uq_outside_handovers_open",
            "emergency_id",
            "agency",
            unique=True,
            postgresql_where=text("state IN ('offered', 'accepted', 'dispatched', 'arrived')"),
        ),
        Index("ix_outside_handovers_look_at", "look_at", postgresql_where=text("look_at IS NOT NULL")),
    )


class OutsideLink(HasId, Base):
    """A way to the crew's page, for one browser. The packet lies here only as long as the link lives: whoever serves strangers reads no other."""

    __tablename__ = "outside_links"

    handover_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("outside_handovers.id"), index=True)
    made_at: Mapped[datetime]
    made_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    token_hash: Mapped[str] = mapped_column(unique=True)
    code_index: Mapped[str]  # keyed hash of the eight digits that are read aloud
    code_until: Mapped[datetime]
    expires_at: Mapped[datetime]
    mobile: Mapped[str] = mapped_column(EncryptedText("outside_links.mobile"), default="")  # E.164: where it was sent
    message_id: Mapped[uuid.UUID | None]
    browser_hash: Mapped[str] = mapped_column(default="")  # whose it is since it was opened
    opened_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    packet: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJSON("outside_links.packet"))  # None: over
    packet_version: Mapped[int] = mapped_column(Integer)

    __table_args__ = (
        Index("ix_outside_links_code_index", "code_index", postgresql_where=text("ended_at IS NULL")),
        Index("ix_outside_links_expires_at", "expires_at", postgresql_where=text("ended_at IS NULL")),
    )


class OutsideReport(HasId, Base):
    """Something that came in from outside. Whoever serves strangers only adds it; the worker makes of it what it means."""

    __tablename__ = "outside_reports"

    handover_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("outside_handovers.id"))
    link_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("outside_links.id"))
    source: Mapped[Source] = mapped_column(word(Source))
    event_id: Mapped[str]  # the same again is the same
    kind: Mapped[ReportKind] = mapped_column(word(ReportKind))
    words: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJSON("outside_reports.words"))  # reason, who, reference, outcome
    at: Mapped[datetime]  # when it happened, by whoever tells
    received_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
    result: Mapped[str] = mapped_column(default="")  # moved, noted, late

    __table_args__ = (
        UniqueConstraint("handover_id", "event_id"),
        Index("ix_outside_reports_new", "received_at", postgresql_where=text("applied_at IS NULL")),
    )


class OutsideDelivery(HasId, Base):
    """Something that a city's interface is to be told. Its id is the event's, and its body never changes: the same event says the same."""

    __tablename__ = "outside_deliveries"

    handover_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("outside_handovers.id"))
    kind: Mapped[str]  # offered, updated, state, withdrawn
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]  # while it is under way: when it counts as lost
    attempts: Mapped[int] = mapped_column(default=0)
    state: Mapped[DeliveryState] = mapped_column(word(DeliveryState), default=DeliveryState.DUE)
    body: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJSON("outside_deliveries.body"))  # what is sent; None once it is over
    error: Mapped[str] = mapped_column(default="")  # the last attempt's: http_503, timed_out …
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_outside_deliveries_handover_id", "handover_id", "created_at"),
        Index("ix_outside_deliveries_due_at", "due_at", postgresql_where=text("state = 'due'")),
    )
