"""Entitlements, what bills have used of them, and their history."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Integer, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.elders.models import Elder
from callcenter.kit.crypto import EncryptedText
from callcenter.kit.db import Base, HasId, word


class PayerKind(StrEnum):
    """In the order in which they pay (docs/decisions.md "Bills")."""

    CARE_INSURANCE = "care_insurance"  # 长护险
    SUBSIDY = "subsidy"  # 民政补贴
    VOUCHER = "voucher"  # 养老服务券
    POINTS = "points"
    SELF_PAY = "self_pay"


OTHERS = (PayerKind.CARE_INSURANCE, PayerKind.SUBSIDY, PayerKind.VOUCHER)  # who pay by an entitlement, and get a claim list


class Basis(StrEnum):
    FIXED = "fixed"  # so much a job
    SHARE_OF_JOB = "share_of_job"  # of what the items that it covers cost
    SHARE_OF_REST = "share_of_rest"  # of what earlier payers have left of them


class Entitlement(HasId, Base):
    """An empty list of items and of categories covers everything."""

    __tablename__ = "entitlements"

    version: Mapped[int] = mapped_column(Integer, default=1)
    elder_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Elder.id), index=True)
    kind: Mapped[PayerKind] = mapped_column(word(PayerKind))
    payer: Mapped[str]  # 长护险, 民政补贴, 养老服务券: one claim list for each
    basis: Mapped[Basis] = mapped_column(word(Basis))
    fixed_fen: Mapped[int | None] = mapped_column(Integer)
    share_bp: Mapped[int | None] = mapped_column(SmallInteger)  # hundredths of a percent
    month_cap_fen: Mapped[int | None] = mapped_column(Integer)  # None: no cap
    job_cap_fen: Mapped[int | None] = mapped_column(Integer)
    items: Mapped[list[str]]  # codes of the catalogue
    categories: Mapped[list[str]]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]  # last day; None: without end
    note: Mapped[str] = mapped_column(EncryptedText("entitlements.note"))
    withdrawn_at: Mapped[datetime | None]  # it was a mistake, or it is over: bills use it no more
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("kind IN ('care_insurance', 'subsidy', 'voucher')", name="by_others"),
        CheckConstraint("(basis = 'fixed') = (fixed_fen IS NOT NULL) AND (basis = 'fixed') = (share_bp IS NULL)", name="terms"),
        CheckConstraint("fixed_fen > 0 AND month_cap_fen >= 0 AND job_cap_fen >= 0", name="amounts"),
        CheckConstraint("share_bp BETWEEN 1 AND 10000", name="share"),
        CheckConstraint("valid_to >= valid_from", name="valid"),
    )


class EntitlementUse(Base):
    """What one bill has used, or given back (negative). What is left of a month is its cap less the sum. Append-only.

    `bill_id` points at a row of a domain above this one, so without a foreign key.
    """

    __tablename__ = "entitlement_uses"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    entitlement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Entitlement.id))
    bill_id: Mapped[uuid.UUID] = mapped_column(index=True)
    month: Mapped[date]  # its first day; of the local date of check-in
    fen: Mapped[int] = mapped_column(Integer)
    gives_back: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("entitlement_id", "bill_id", "gives_back"),
        CheckConstraint("fen <> 0 AND gives_back = (fen < 0)", name="sign"),
        CheckConstraint("extract(day FROM month) = 1", name="month"),
        Index("ix_entitlement_uses_entitlement_id_month", "entitlement_id", "month"),
    )


class EntitlementChange(Base):
    """Who made, changed or withdrew it. Append-only; the note's words are not in it."""

    __tablename__ = "entitlement_changes"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    entitlement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Entitlement.id), index=True)
    at: Mapped[datetime]
    actor_kind: Mapped[str]
    actor_id: Mapped[uuid.UUID | None]
    actor_name: Mapped[str]
    kind: Mapped[str]  # added, changed, withdrawn
    reason: Mapped[str] = mapped_column(default="")
    fields: Mapped[dict[str, Any]]  # {field: [before, after]}
