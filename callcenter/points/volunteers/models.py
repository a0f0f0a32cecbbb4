"""Volunteers with their trainings; visits with proofs, history, and the half hours that counted."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, Sequence, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.accounts.models import User
from callcenter.cases.models import Case
from callcenter.catalog.models import ServiceItem
from callcenter.dispatch.orders.models import Phase, ProofKind
from callcenter.elders.models import Elder
from callcenter.kit.crypto import EncryptedText
from callcenter.kit.db import Base, HasId, word
from callcenter.points.volunteers.states import Pays, VisitState, VolunteerState, Way
from callcenter.regions.models import Region

volunteer_visit_number_seq = Sequence("volunteer_visit_number_seq", metadata=Base.metadata)


class Volunteer(HasId, Base):
    """`id` is her account's when she is no elder of the centre; else the account is the elder's."""

    __tablename__ = "volunteers"

    version: Mapped[int] = mapped_column(Integer, default=1)
    state: Mapped[VolunteerState] = mapped_column(word(VolunteerState), default=VolunteerState.APPLIED)
    elder_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(Elder.id), unique=True)
    name: Mapped[str]
    number: Mapped[str] = mapped_column(EncryptedText("volunteers.number"))  # E.164
    number_index: Mapped[str]
    id_number: Mapped[str | None] = mapped_column(EncryptedText("volunteers.id_number"), deferred=True)
    id_number_index: Mapped[str | None] = mapped_column(unique=True)
    birth_date: Mapped[date]
    community_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Region.id), index=True)
    skills: Mapped[list[str]] = mapped_column(default=list)  # codes of the catalogue's items that she does: JZ05, PB01
    languages: Mapped[list[str]] = mapped_column(default=list)  # 普通话, 襄阳话 …
    availability: Mapped[list[dict[str, Any]]] = mapped_column(default=list)  # shape: schemas.Availability
    note: Mapped[str] = mapped_column(EncryptedText("volunteers.note"), default="")
    applied_at: Mapped[datetime]
    state_at: Mapped[datetime]
    state_reason: Mapped[str] = mapped_column(EncryptedText("volunteers.state_reason"), default="")

    __table_args__ = (UniqueConstraint("number_index", "name"), Index("ix_volunteers_state", "state"))


class VolunteerTraining(HasId, Base):
    """Append-only."""

    __tablename__ = "volunteer_trainings"

    volunteer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Volunteer.id), index=True)
    held_on: Mapped[date]
    topic: Mapped[str]
    half_hours: Mapped[int] = mapped_column(SmallInteger)
    trainer: Mapped[str] = mapped_column(default="")
    written_at: Mapped[datetime]
    written_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))

    __table_args__ = (CheckConstraint("half_hours BETWEEN 1 AND 48", name="half_hours"),)


class VolunteerVisit(HasId, Base):
    __tablename__ = "volunteer_visits"

    version: Mapped[int] = mapped_column(BigInteger, default=1)
    number: Mapped[str] = mapped_column(unique=True)  # as people say it: Z261126-0001
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Case.id), index=True)
    elder_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Elder.id), index=True)
    community_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Region.id), index=True)
    state: Mapped[VisitState] = mapped_column(word(VisitState))
    way: Mapped[Way] = mapped_column(word(Way))
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ServiceItem.id))
    item_code: Mapped[str]
    title: Mapped[str]  # the item, as it is called there
    low_risk: Mapped[bool]  # only the part without risk
    wanted_from: Mapped[datetime]
    half_hours: Mapped[int] = mapped_column(SmallInteger)  # booked
    notes: Mapped[str] = mapped_column(EncryptedText("volunteer_visits.notes"), default="")
    pays: Mapped[Pays] = mapped_column(word(Pays))
    volunteer_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(Volunteer.id), index=True)  # who is asked, then who does it
    declined: Mapped[list[str]] = mapped_column(default=list)  # ids of whoever did not want it
    attention: Mapped[str] = mapped_column(default="")  # why a person should look: tell_elder, code_locked, overlap, position_unproved

    asked_at: Mapped[datetime]
    asked_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))
    accepted_at: Mapped[datetime | None]
    checked_in_at: Mapped[datetime | None]
    checked_out_at: Mapped[datetime | None]
    over_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(EncryptedText("volunteer_visits.reason"), default="")  # of a dispute, its decision, a cancelling
    counted: Mapped[int | None] = mapped_column(SmallInteger)  # half hours that were minted, with what went to the fund
    donated: Mapped[int] = mapped_column(SmallInteger, default=0)  # of them, above the cap
    paid: Mapped[int] = mapped_column(SmallInteger, default=0)  # coins of the elder's

    service_code: Mapped[str] = mapped_column(EncryptedText("volunteer_visits.service_code"))  # 6 digits, told to the elder alone
    code_tries: Mapped[int] = mapped_column(SmallInteger, default=0)

    __table_args__ = (
        CheckConstraint("half_hours BETWEEN 1 AND 16", name="half_hours"),
        CheckConstraint("state IN ('asked', 'cancelled') OR volunteer_id IS NOT NULL", name="volunteer"),
        CheckConstraint("checked_out_at IS NULL OR checked_out_at >= checked_in_at", name="times"),
        CheckConstraint("(state = 'confirmed') = (counted IS NOT NULL) AND donated <= coalesce(counted, 0)", name="counted"),
        # nobody is at two doors at the same time
        Index("uq_volunteer_visits_at_work", "volunteer_id", unique=True, postgresql_where=text("state = 'checked_in'")),
        Index("ix_volunteer_visits_live", "wanted_from", postgresql_where=text("state NOT IN ('confirmed', 'refused', 'cancelled')")),
    )


class VolunteerProof(HasId, Base):
    """Append-only. The first of a phase that holds checks in, or out."""

    __tablename__ = "volunteer_proofs"

    visit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(VolunteerVisit.id))
    phase: Mapped[Phase] = mapped_column(word(Phase))
    kind: Mapped[ProofKind] = mapped_column(word(ProofKind))
    at: Mapped[datetime]
    by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))  # the agent who heard it
    call_id: Mapped[uuid.UUID | None]  # from the elder's telephone
    note: Mapped[str] = mapped_column(EncryptedText("volunteer_proofs.note"), default="")
    metres: Mapped[int | None] = mapped_column(Integer)  # of her telephone from the elder's door; the position itself is not kept
    near: Mapped[bool | None]  # within `proof_metres`; False also when nobody knows where the door is. None: no position was given

    __table_args__ = (UniqueConstraint("visit_id", "phase", "kind"),)


class VolunteerEvent(HasId, Base):
    """A visit's history. Append-only."""

    __tablename__ = "volunteer_events"

    visit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(VolunteerVisit.id), index=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    state: Mapped[VisitState] = mapped_column(word(VisitState))
    actor_id: Mapped[uuid.UUID | None]
    actor_name: Mapped[str]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)


class VolunteerHours(Base):
    """Half hours that counted on one local day. Append-only; a day's sum keeps the day's cap."""

    __tablename__ = "volunteer_hours"

    visit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(VolunteerVisit.id), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    volunteer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Volunteer.id))
    half_hours: Mapped[int] = mapped_column(SmallInteger)

    __table_args__ = (
        CheckConstraint("half_hours > 0", name="half_hours"),
        Index("ix_volunteer_hours_volunteer_id_day", "volunteer_id", "day"),
    )


class CoinGift(Base):
    """From one person to her kin, or to the public fund. Append-only; a year's sum keeps the year's cap.

    `id` is made by whoever asks: the same again is the same.
    """

    __tablename__ = "coin_gifts"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    giver_id: Mapped[uuid.UUID]  # a member's id
    taker_id: Mapped[uuid.UUID | None]  # None: the fund
    half_hours: Mapped[int] = mapped_column(Integer)
    given_on: Mapped[date]
    given_at: Mapped[datetime]
    written_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))

    __table_args__ = (
        CheckConstraint("half_hours > 0", name="half_hours"),
        Index("ix_coin_gifts_giver_id_given_on", "giver_id", "given_on"),
    )
