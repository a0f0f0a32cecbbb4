"""Months that are closed, their lines, and the money that has changed hands for them."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.kit.db import Base, HasId, word
from callcenter.points.ledger.accounts import Whose
from callcenter.points.ledger.kinds import Holder
from callcenter.points.settlement.states import SettlementState


class PointsSettlement(HasId, Base):
    """One month, closed."""

    __tablename__ = "points_settlements"

    version: Mapped[int] = mapped_column(Integer, default=1)
    month: Mapped[date] = mapped_column(unique=True)  # its first day
    state: Mapped[SettlementState] = mapped_column(word(SettlementState), default=SettlementState.CLOSED)
    fee_bp: Mapped[int] = mapped_column(Integer)  # in hundredths of a per cent, as it counted at the month's last moment
    closed_at: Mapped[datetime]
    closed_by: Mapped[str]

    __table_args__ = (
        CheckConstraint("extract(day FROM month) = 1", name="month"),
        CheckConstraint("state <> 'open'", name="state"),
        CheckConstraint("fee_bp BETWEEN 0 AND 500", name="fee"),
    )


class PointsSettlementLine(HasId, Base):
    """Points of one issuer that were redeemed at one place in a month; below zero when more came back than was spent. Append-only."""

    __tablename__ = "points_settlement_lines"

    settlement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(PointsSettlement.id))
    issuer: Mapped[str]  # a Holder, as in a lot
    issuer_id: Mapped[uuid.UUID | None]
    redeemer: Mapped[str]  # a Holder
    redeemer_id: Mapped[uuid.UUID | None]
    points: Mapped[int] = mapped_column(BigInteger)
    fen: Mapped[int] = mapped_column(BigInteger)  # what the issuer owes for it; 0 where both are the same
    fee_fen: Mapped[int] = mapped_column(BigInteger)  # of it the centre's

    __table_args__ = (
        UniqueConstraint(
            "settlement_id",
            "issuer",
            "issuer_id",
            "redeemer",
            "redeemer_id",
            name="uq_points_settlement_lines_pair",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("points <> 0 AND (fen = points OR fen = 0) AND abs(fee_fen) * 20 <= abs(fen)", name="amounts"),
        CheckConstraint("issuer IN ('store', 'partner', 'centre') AND (issuer_id IS NULL) = (issuer = 'centre')", name="issuer"),
        CheckConstraint("redeemer IN ('store', 'partner', 'centre') AND (redeemer_id IS NULL) = (redeemer = 'centre')", name="redeemer"),
        Index("ix_points_settlement_lines_issuer_id", "issuer_id"),
        Index("ix_points_settlement_lines_redeemer_id", "redeemer_id"),
    )

    @property
    def of_issuer(self) -> Whose:
        return Whose(Holder(self.issuer), self.issuer_id)

    @property
    def of_redeemer(self) -> Whose:
        return Whose(Holder(self.redeemer), self.redeemer_id)


class PointsSettlementPayment(HasId, Base):
    """What one of them has paid or received for a month: all of it, once. Append-only."""

    __tablename__ = "points_settlement_payments"

    settlement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(PointsSettlement.id))
    holder: Mapped[Holder] = mapped_column(word(Holder))
    holder_id: Mapped[uuid.UUID | None]
    fen: Mapped[int] = mapped_column(BigInteger)  # received; below zero: paid
    paid_on: Mapped[date]
    reference: Mapped[str]  # the bank's
    entry_id: Mapped[uuid.UUID]  # in the books
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]

    __table_args__ = (
        UniqueConstraint(
            "settlement_id", "holder", "holder_id", name="uq_points_settlement_payments_holder", postgresql_nulls_not_distinct=True
        ),
        CheckConstraint("fen <> 0", name="fen"),
    )
