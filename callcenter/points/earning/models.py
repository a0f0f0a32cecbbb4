"""Earnings, terms of stores, purchases with their refunds, invitations, notices."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.accounts.models import User
from callcenter.dispatch.bills.models import Bill
from callcenter.dispatch.stores.models import Store
from callcenter.elders.models import Elder
from callcenter.kit.crypto import EncryptedText
from callcenter.kit.db import Base, HasId, word
from callcenter.points.earning.states import EarningState, ReportState, Rule
from callcenter.points.ledger.accounts import Whose
from callcenter.points.ledger.kinds import Holder
from callcenter.points.ledger.models import LedgerEntry, LedgerLot
from callcenter.points.members.models import PointsMember


class PointsTerm(Base):
    """Whether a store is a partner of the scheme, and at which rate; the last one that was valid counts. A store without one is none. Append-only."""

    __tablename__ = "points_terms"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    store_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Store.id))
    allied: Mapped[bool] = mapped_column(Boolean)
    rate_bp: Mapped[int | None] = mapped_column(SmallInteger)  # hundredths of a percent; None: the scheme's
    valid_from: Mapped[datetime]
    at: Mapped[datetime]
    by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))
    by_name: Mapped[str]

    __table_args__ = (
        CheckConstraint("rate_bp BETWEEN 50 AND 300", name="rate"),
        Index("ix_points_terms_store_id", "store_id", "valid_from"),
    )


class Purchase(HasId, Base):
    """What an allied store has sold her at its counter. Append-only."""

    __tablename__ = "points_purchases"

    store_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Store.id))
    receipt: Mapped[str]  # the store's own number, each once
    elder_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Elder.id), index=True)
    amount_fen: Mapped[int] = mapped_column(Integer)
    excluded_fen: Mapped[int] = mapped_column(Integer)  # of it: prescription medicine, tobacco, alcohol, deposits
    bought_at: Mapped[datetime]
    at: Mapped[datetime]
    by_id: Mapped[uuid.UUID | None]  # a person of the store
    by_name: Mapped[str]

    __table_args__ = (
        UniqueConstraint("store_id", "receipt"),
        CheckConstraint("amount_fen > 0 AND excluded_fen BETWEEN 0 AND amount_fen", name="amount"),
        CheckConstraint("receipt ~ '^[A-Za-z0-9._-]{1,40}$'", name="receipt"),
    )


class PurchaseRefund(HasId, Base):
    """Given back to her, all or a part, of what counted. Append-only."""

    __tablename__ = "points_purchase_refunds"

    purchase_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Purchase.id))
    number: Mapped[str]  # the store's own, each once for the purchase
    fen: Mapped[int] = mapped_column(Integer)  # of what is not excluded
    at: Mapped[datetime]
    by_id: Mapped[uuid.UUID | None]
    by_name: Mapped[str]

    __table_args__ = (UniqueConstraint("purchase_id", "number"), CheckConstraint("fen > 0", name="fen"))


class PurchaseReport(HasId, Base):
    """A sale as its counter told it, or, with a `number`, money that was given back of one. The stores' process writes it down and reads what became
    of it; the worker, which may know whose card it is, books it (migrations/stores_role.py)."""

    __tablename__ = "points_purchase_reports"

    version: Mapped[int] = mapped_column(Integer, default=1)
    store_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Store.id))
    by_id: Mapped[uuid.UUID | None]  # a person of the store
    by_name: Mapped[str]
    receipt: Mapped[str]
    number: Mapped[str] = mapped_column(default="")  # of the refund; "": the sale
    card: Mapped[str | None] = mapped_column(EncryptedText("points_purchase_reports.card"))  # as typed, until it was looked at
    card_index: Mapped[str] = mapped_column(default="")  # by which a report that comes again is known to be the same
    fen: Mapped[int] = mapped_column(Integer)  # paid, or given back
    excluded_fen: Mapped[int] = mapped_column(Integer, default=0)
    bought_at: Mapped[datetime]
    made_at: Mapped[datetime]
    # the worker's
    state: Mapped[ReportState] = mapped_column(word(ReportState), default=ReportState.NEW)
    why: Mapped[str] = mapped_column(default="")  # it was refused
    purchase_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(Purchase.id))
    points: Mapped[int] = mapped_column(Integer, default=0)  # earned, or taken back
    over_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("fen > 0 AND excluded_fen BETWEEN 0 AND fen", name="fen"),
        CheckConstraint("receipt ~ '^[A-Za-z0-9._-]{1,40}$' AND number ~ '^[A-Za-z0-9._-]{0,40}$'", name="numbers"),
        CheckConstraint("(number = '') = (card_index <> '')", name="card"),
        CheckConstraint("(state = 'new') = (over_at IS NULL)", name="over"),
        CheckConstraint("(state = 'booked') = (purchase_id IS NOT NULL)", name="booked"),
        Index("uq_points_purchase_reports_standing", "store_id", "receipt", "number", unique=True, postgresql_where=text("state <> 'refused'")),
        Index("ix_points_purchase_reports_new", "id", postgresql_where=text("state = 'new'")),
        Index("ix_points_purchase_reports_store_id_made_at", "store_id", "made_at"),
    )  # fmt: skip


class Till(HasId, Base):
    """A store's own system that tells its sales; both sides sign with the secret. Revoked it is believed no more, and its secret is gone."""

    __tablename__ = "points_tills"

    store_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Store.id))
    name: Mapped[str]
    secret: Mapped[str] = mapped_column(EncryptedText("points_tills.secret"))
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    revoked_at: Mapped[datetime | None]

    __table_args__ = (Index("uq_points_tills_store_id_name", "store_id", "name", unique=True, postgresql_where=text("revoked_at IS NULL")),)


class Referral(Base):
    """Who invited whom; one level. Append-only."""

    __tablename__ = "points_referrals"

    invited_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Elder.id), primary_key=True)
    inviter_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Elder.id), index=True)
    at: Mapped[datetime]
    by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))
    by_name: Mapped[str]

    __table_args__ = (CheckConstraint("invited_id <> inviter_id", name="other"),)


class Earning(HasId, Base):
    """A deed that was looked at, once; also one that earned nothing, with why. `source` is the deed: bill:<id>, daily:<elder>:<day> …"""

    __tablename__ = "points_earnings"

    version: Mapped[int] = mapped_column(Integer, default=1)
    rule: Mapped[Rule] = mapped_column(word(Rule))
    source: Mapped[str] = mapped_column(unique=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)  # of the deed: the same source with another one is a conflict
    member_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(PointsMember.id))
    issuer: Mapped[Holder] = mapped_column(word(Holder))
    issuer_id: Mapped[uuid.UUID | None]
    bill_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(Bill.id), index=True)  # when it is taken back, so is this
    invited_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(Elder.id), index=True)
    deed_at: Mapped[datetime]
    day: Mapped[date]  # of the people served
    base: Mapped[int] = mapped_column(BigInteger)  # what it is reckoned from: fen, half hours, or 1
    amount: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(default="")  # a word of `Nothing` where it is 0 or was cut
    counted: Mapped[dict[str, Any]]  # the settings that counted, and what was left of a cap
    state: Mapped[EarningState] = mapped_column(word(EarningState))
    release_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]
    lot_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(LedgerLot.id))
    entry_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(LedgerEntry.id), unique=True)
    reversed_amount: Mapped[int] = mapped_column(BigInteger, default=0)  # what had to go back
    shortfall: Mapped[int] = mapped_column(BigInteger, default=0)  # of it: what was spent already, and is missing
    looked_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("base >= 0 AND amount >= 0 AND reversed_amount BETWEEN 0 AND amount AND shortfall BETWEEN 0 AND reversed_amount", name="amount"),
        CheckConstraint("(amount > 0) = (entry_id IS NOT NULL) AND (amount > 0) = (lot_id IS NOT NULL)", name="posted"),
        CheckConstraint("amount > 0 OR reason <> ''", name="reason"),
        CheckConstraint("(state = 'pending') <= (release_at IS NOT NULL)", name="release"),
        Index("ix_points_earnings_member_id", "member_id", "rule", "day"),
        Index("ix_points_earnings_day", "day", "rule"),
        Index("ix_points_earnings_release_at", "release_at", postgresql_where=text("state = 'pending'")),
        Index("ix_points_earnings_shortfall", "member_id", postgresql_where=text("shortfall > 0")),
    )  # fmt: skip

    @property
    def whose(self) -> Whose:
        """Who answers for the points."""
        return Whose(self.issuer, self.issuer_id)


class ExpiryNotice(Base):
    """She was told that points of hers expire on that day, so many days before. Append-only."""

    __tablename__ = "points_expiry_notices"

    member_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(PointsMember.id), primary_key=True)
    expires_on: Mapped[date] = mapped_column(primary_key=True)
    step: Mapped[int] = mapped_column(SmallInteger, primary_key=True)  # 60, 30, 7
    amount: Mapped[int] = mapped_column(BigInteger)
    told: Mapped[bool] = mapped_column(Boolean)  # False: no number of hers takes messages
    at: Mapped[datetime]
