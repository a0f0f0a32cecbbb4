"""Bills with their parts, confirmations of a price, claim lists with their lines and refusals."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Integer, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.accounts.models import User
from callcenter.dispatch.bills.states import BillState, ClaimState
from callcenter.dispatch.entitlements.models import Entitlement, PayerKind
from callcenter.dispatch.orders.models import Order
from callcenter.dispatch.stores.models import Store
from callcenter.elders.models import Elder
from callcenter.kit.crypto import EncryptedText
from callcenter.kit.db import Base, HasId, word


class Bill(HasId, Base):
    """Of one visit of one order: a second one can't be made, by constraint."""

    __tablename__ = "bills"

    version: Mapped[int] = mapped_column(Integer, default=1)
    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Order.id))
    visit: Mapped[int] = mapped_column(SmallInteger)
    elder_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Elder.id), index=True)
    store_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Store.id))
    served_on: Mapped[date]  # the local date of check-in
    month: Mapped[date]  # its first day
    amount_fen: Mapped[int] = mapped_column(Integer)
    agreed_fen: Mapped[int | None] = mapped_column(Integer)  # the store's prices when it accepted; None: it named none
    fee_fen: Mapped[int] = mapped_column(Integer)  # the centre's, by the share agreed on that day
    state: Mapped[BillState] = mapped_column(word(BillState), default=BillState.MADE)
    made_at: Mapped[datetime]
    reversed_at: Mapped[datetime | None]
    reversed_why: Mapped[str] = mapped_column(default="")  # rework, cancelled
    reversed_month: Mapped[date | None]  # first day; in whose statement and claim list it is taken back

    __table_args__ = (
        UniqueConstraint("order_id", "visit"),
        CheckConstraint("amount_fen >= 0 AND fee_fen BETWEEN 0 AND amount_fen", name="amount"),
        CheckConstraint("(state = 'reversed') = (reversed_at IS NOT NULL)", name="reversed"),
        Index("ix_bills_store_id_month", "store_id", "month"),
        Index("ix_bills_month", "month"),
        Index("ix_bills_reversed_month", "reversed_month", postgresql_where=text("reversed_month IS NOT NULL")),
    )


class BillPart(HasId, Base):
    """What one payer pays of a bill; reversed by a part of the same size below zero. Append-only."""

    __tablename__ = "bill_parts"

    bill_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Bill.id))
    position: Mapped[int] = mapped_column(SmallInteger)
    kind: Mapped[PayerKind] = mapped_column(word(PayerKind))
    entitlement_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(Entitlement.id))
    payer: Mapped[str] = mapped_column(default="")  # as it was called that day
    fen: Mapped[int] = mapped_column(Integer)
    month: Mapped[date]  # in which it counts: the bill's; of a reversal the month in which that happened
    why: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    reverses_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("bill_parts.id"), unique=True)

    __table_args__ = (
        CheckConstraint("fen <> 0 AND (reverses_id IS NULL) = (fen > 0)", name="sign"),
        CheckConstraint("(kind IN ('care_insurance', 'subsidy', 'voucher')) = (entitlement_id IS NOT NULL)", name="entitled"),
        Index("ix_bill_parts_bill_id", "bill_id"),
        Index("ix_bill_parts_claimable", "payer", "month", postgresql_where=text("entitlement_id IS NOT NULL")),
    )


class PriceConfirmation(Base):
    """A person has looked at an amount that stood out. Append-only."""

    __tablename__ = "price_confirmations"

    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Order.id), primary_key=True)
    visit: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    amount_fen: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(EncryptedText("price_confirmations.reason"))
    at: Mapped[datetime]
    by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))
    by_name: Mapped[str]


class Claim(HasId, Base):
    """What one payer is asked for, for one month: closed once, then sent and paid."""

    __tablename__ = "claims"

    version: Mapped[int] = mapped_column(Integer, default=1)
    kind: Mapped[PayerKind] = mapped_column(word(PayerKind))
    payer: Mapped[str]
    month: Mapped[date]  # its first day
    state: Mapped[ClaimState] = mapped_column(word(ClaimState))
    lines: Mapped[int] = mapped_column(Integer)
    total_fen: Mapped[int] = mapped_column(BigInteger)  # of its lines; below zero when more was taken back than served
    refused_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    paid_fen: Mapped[int | None] = mapped_column(BigInteger)
    closed_at: Mapped[datetime]
    closed_by: Mapped[str]
    sent_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("kind", "payer", "month"),)


class ClaimLine(HasId, Base):
    """A part of a bill, as it stood when the list was closed. Append-only. A part refused and claimed again stands in two lists."""

    __tablename__ = "claim_lines"

    claim_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Claim.id))
    position: Mapped[int] = mapped_column(Integer)
    part_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(BillPart.id), index=True)
    bill_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Bill.id), index=True)
    elder_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Elder.id))
    order_number: Mapped[str]
    served_on: Mapped[date]
    elder_name: Mapped[str] = mapped_column(EncryptedText("claim_lines.elder_name"))
    card_number: Mapped[str] = mapped_column(default="")
    items: Mapped[str]
    store: Mapped[str]
    amount_fen: Mapped[int] = mapped_column(Integer)  # of the whole bill
    fen: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("claim_id", "part_id"), UniqueConstraint("claim_id", "position"))


class ClaimRefusal(Base):
    """The payer does not pay this line. Append-only."""

    __tablename__ = "claim_refusals"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    line_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ClaimLine.id), unique=True)
    reason: Mapped[str]
    again: Mapped[bool]  # it goes into the next list
    at: Mapped[datetime]
    by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))
    by_name: Mapped[str]
