"""Orders with their lines, offers, proofs, photographs, plans and history.

What a store needs (name, place, notes) is copied into the order and encrypted: the stores' process reads no elder's profile.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Sequence,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.accounts.models import User
from callcenter.cases.models import Case
from callcenter.catalog.models import ClaimMode, ServiceItem, SlaClass
from callcenter.dispatch.orders.states import OfferState, OrderState
from callcenter.dispatch.stores.models import ProviderPerson, Store
from callcenter.elders.models import Elder
from callcenter.kit.crypto import EncryptedText
from callcenter.kit.db import Base, HasId, word
from callcenter.regions.models import Region

order_number_seq = Sequence("order_number_seq", metadata=Base.metadata)


class Phase(StrEnum):
    CHECK_IN = "in"
    CHECK_OUT = "out"


class ProofKind(StrEnum):
    SERVICE_CODE = "service_code"  # 6 digits that the elder reads out
    ELDER_PHONE = "elder_phone"  # a call from her registered telephone
    DOOR_TAG = "door_tag"  # printed or NFC: static, never counts alone
    POSITION_PHOTO = "position_photo"  # within 200 m, with a photograph
    AGENT = "agent"  # an agent spoke with the elder and says so, with a reason


class Order(HasId, Base):
    __tablename__ = "orders"

    version: Mapped[int] = mapped_column(BigInteger, default=1)
    number: Mapped[str] = mapped_column(unique=True)  # as people say it: D261126-0001
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Case.id), index=True)
    elder_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Elder.id), index=True)
    state: Mapped[OrderState] = mapped_column(word(OrderState), default=OrderState.DRAFT)
    sla_class: Mapped[SlaClass] = mapped_column(word(SlaClass))  # the most urgent of its lines
    claim_mode: Mapped[ClaimMode] = mapped_column(word(ClaimMode))  # assigned, when one of its lines is

    title: Mapped[str] = mapped_column(default="", server_default="")  # its items in words, as they are called there: 日常保洁、擦玻璃
    # where: as it is at that time; may be elsewhere than at home
    community_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Region.id), index=True)
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    elder_name: Mapped[str] = mapped_column(EncryptedText("orders.elder_name"))
    address: Mapped[str] = mapped_column(EncryptedText("orders.address"))  # whole, with the way in: told when it is accepted
    address_short: Mapped[str] = mapped_column(EncryptedText("orders.address_short"))  # to the building
    dialect: Mapped[str] = mapped_column(default="")
    # when: None, None = as soon as can be
    wanted_from: Mapped[datetime | None]
    wanted_to: Mapped[datetime | None]
    minutes: Mapped[int] = mapped_column(SmallInteger)  # booked, all lines
    notes: Mapped[str] = mapped_column(EncryptedText("orders.notes"))
    prefers_store_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey(Store.id)
    )  # asked for by the elder: first, when it passes the gates
    payer: Mapped[str] = mapped_column(default="auto", server_default="auto")  # as it was asked for: auto, self_pay (schemas.AskedOrder)
    is_subsidised: Mapped[bool] = mapped_column(default=False)  # insurance, subsidy or voucher may pay (`entitlements`): two proofs

    requested_at: Mapped[datetime | None]
    requested_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))
    reply_by: Mapped[datetime | None]  # deadlines of the class (rules.deadlines)
    accept_by: Mapped[datetime | None]
    arrive_by: Mapped[datetime | None]

    seek_at: Mapped[datetime | None]  # stores are asked from then on (a same-day job placed at night waits for the morning)
    round: Mapped[int] = mapped_column(SmallInteger, default=0)  # of offers; raised when stores are asked anew by a person
    refusals: Mapped[int] = mapped_column(SmallInteger, default=0)  # in this round
    attention: Mapped[str] = mapped_column(
        default=""
    )  # why a person should look: nobody, refused, expired, late, no_answer, proof, disputed …
    late_told: Mapped[str] = mapped_column(default="")  # the deadline that was last told as missed: accept, arrive
    override_reason: Mapped[str] = mapped_column(EncryptedText("orders.override_reason"))  # a supervisor went past a gate
    override_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))

    store_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(Store.id), index=True)
    worker_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(ProviderPerson.id))
    accepted_at: Mapped[datetime | None]
    en_route_at: Mapped[datetime | None]
    visit: Mapped[int] = mapped_column(SmallInteger, default=1)  # 2: it is done again, with proofs of its own
    checked_in_at: Mapped[datetime | None]
    checked_out_at: Mapped[datetime | None]
    verified_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    closed_reason: Mapped[str] = mapped_column(default="")  # of a cancelled one
    amount_fen: Mapped[int | None] = mapped_column(Integer)  # what the store asks for, at check-out
    done_note: Mapped[str] = mapped_column(EncryptedText("orders.done_note"))

    service_code: Mapped[str] = mapped_column(EncryptedText("orders.service_code"))  # 6 digits, told to the elder alone
    job_code: Mapped[str] = mapped_column(default="")  # 6 digits, told to the store: which job, on the job line
    code_tries: Mapped[int] = mapped_column(SmallInteger, default=0)  # wrong ones in a row; 5: locked
    parent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("orders.id"), index=True)  # of a door check, or what is done again
    plan_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("order_plans.id"))
    due_on: Mapped[date | None]  # of a plan

    __table_args__ = (
        CheckConstraint("amount_fen >= 0", name="amount"),
        CheckConstraint("wanted_to IS NULL OR wanted_to >= wanted_from", name="wanted"),
        CheckConstraint("state NOT IN ('accepted', 'en_route', 'in_service', 'done', 'verified') OR store_id IS NOT NULL", name="store"),
        UniqueConstraint("plan_id", "due_on"),
        Index("uq_orders_job_code", "job_code", unique=True, postgresql_where=text("job_code <> ''")),
        Index("ix_orders_live", "requested_at", postgresql_where=text("state NOT IN ('settled', 'cancelled')")),
        Index("ix_orders_store_state", "store_id", "state"),
        Index("ix_orders_unbilled", "verified_at", postgresql_where=text("state = 'verified'")),
        Index("ix_orders_finished", "verified_at", postgresql_where=text("state IN ('verified', 'settled')")),
        Index("ix_orders_unsettled", "id", postgresql_where=text("settled_at IS NOT NULL AND state <> 'settled'")),
        Index("ix_orders_seek_at", "seek_at", postgresql_where=text("seek_at IS NOT NULL")),
    )


class OrderLine(Base):
    """One item of an order, as the catalogue had it."""

    __tablename__ = "order_lines"

    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Order.id), primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ServiceItem.id))
    item_code: Mapped[str]
    name: Mapped[str]  # as it was called where it was ordered
    unit: Mapped[str]
    quantity: Mapped[int] = mapped_column(SmallInteger)
    price_fen: Mapped[int | None] = mapped_column(Integer)  # a unit, the store's: known when it accepts
    low_risk: Mapped[bool] = mapped_column(default=False)  # only the part that volunteers may do

    __table_args__ = (
        CheckConstraint("quantity BETWEEN 1 AND 999 AND price_fen >= 0", name="amounts"),
        Index("ix_order_lines_item_code", "item_code"),
    )


class Offer(HasId, Base):
    """One store is asked for one order. At most one of an order's is accepted, by constraint."""

    __tablename__ = "offers"

    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Order.id))
    store_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Store.id))
    round: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[OfferState] = mapped_column(word(OfferState), default=OfferState.OPEN)
    why: Mapped[dict[str, Any]]  # matching's explanation at that time
    offered_at: Mapped[datetime]
    deadline_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[uuid.UUID | None]
    answered_how: Mapped[str] = mapped_column(default="")  # app, telephone, agent
    reason: Mapped[str] = mapped_column(default="")  # of a refusal: busy, far, price, other …; of a withdrawal: taken, cancelled, changed

    __table_args__ = (
        Index("uq_offers_accepted", "order_id", unique=True, postgresql_where=text("state = 'accepted'")),
        Index("uq_offers_open", "order_id", "store_id", unique=True, postgresql_where=text("state = 'open'")),
        Index("ix_offers_order_id", "order_id"),
        Index("ix_offers_store_id_offered_at", "store_id", "offered_at"),
        Index("ix_offers_due", "deadline_at", postgresql_where=text("state = 'open'")),
    )


class OrderEvent(Base):
    """What happened to an order, one row each. Append-only."""

    __tablename__ = "order_events"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Order.id), index=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    state: Mapped[OrderState] = mapped_column(word(OrderState))  # after it
    actor_kind: Mapped[str]  # user, person, system
    actor_id: Mapped[uuid.UUID | None]
    actor_name: Mapped[str]
    data: Mapped[dict[str, Any]]  # nothing private


class OrderProof(HasId, Base):
    """That somebody was there. Append-only: a proof is never taken back, and the same one does not count twice."""

    __tablename__ = "order_proofs"

    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Order.id))
    visit: Mapped[int] = mapped_column(SmallInteger, default=1)  # 2: done again
    phase: Mapped[Phase] = mapped_column(word(Phase))
    kind: Mapped[ProofKind] = mapped_column(word(ProofKind))
    at: Mapped[datetime]
    by_kind: Mapped[str]
    by_id: Mapped[uuid.UUID | None]
    metres: Mapped[int | None]  # position_photo: from the elder's door; the position itself is not kept
    accuracy_m: Mapped[int | None]
    photo_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("order_photos.id"))
    note: Mapped[str] = mapped_column(EncryptedText("order_proofs.note"))

    __table_args__ = (UniqueConstraint("order_id", "visit", "phase", "kind"),)


class OrderPhoto(HasId, Base):
    """Re-encoded by us, encrypted (kit.crypto, column "order_photos.image")."""

    __tablename__ = "order_photos"

    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Order.id), index=True)
    purpose: Mapped[str]  # in, out, work
    image: Mapped[bytes] = mapped_column(LargeBinary)
    taken_at: Mapped[datetime]
    by_id: Mapped[uuid.UUID | None]


class OrderPlan(HasId, Base):
    """The same order again and again: every Monday 9:00. A worker makes each one ahead, exactly once (unique plan and day)."""

    __tablename__ = "order_plans"

    version: Mapped[int] = mapped_column(Integer, default=1)
    elder_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Elder.id), index=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Case.id))  # on which it was agreed; each order has a case of its own
    asked: Mapped[str] = mapped_column(EncryptedText("order_plans.asked"))  # actions.AskedOrder as JSON, without its times
    weekdays: Mapped[list[Any]] = mapped_column(JSONB)  # 0 Monday … 6
    every_weeks: Mapped[int] = mapped_column(SmallInteger, default=1)
    at: Mapped[time]  # local
    minutes_window: Mapped[int] = mapped_column(SmallInteger, default=60)
    first: Mapped[date]
    last: Mapped[date | None]
    next_on: Mapped[date | None] = mapped_column(index=True)  # None: it is over
    active: Mapped[bool] = mapped_column(default=True)
    created_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))
    created_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("every_weeks BETWEEN 1 AND 12", name="every_weeks"),)
