"""Settlements over HTTP."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from callcenter.dispatch.bills.schemas import Month
from callcenter.points.ledger.kinds import Holder
from callcenter.points.settlement.states import SettlementState


class Party(BaseModel):
    """A store, a partner, the centre (without an id)."""

    holder: Holder
    id: uuid.UUID | None
    name: str


class SettlementLineView(BaseModel):
    issuer: Party
    redeemer: Party
    points: int
    fen: int
    fee_fen: int


class PaymentView(BaseModel):
    paid_on: date
    reference: str
    recorded_by: str


class PositionView(BaseModel):
    party: Party
    issued_fen: int
    redeemed_fen: int
    fee_fen: int
    net_fen: int
    payment: PaymentView | None


class SettlementView(BaseModel):
    """A month: as it was closed, or as it would be if it were closed now."""

    id: uuid.UUID | None
    month: date
    state: SettlementState
    may_close: bool
    fee_bp: int
    closed_at: datetime | None
    closed_by: str
    lines: list[SettlementLineView]
    positions: list[PositionView]


class SettlementHead(BaseModel):
    month: date
    state: SettlementState


class CloseSettlement(BaseModel):
    month: Month


class Paid(BaseModel):
    holder: Holder
    id: uuid.UUID | None = None
    fen: Annotated[int, Field(strict=True, ge=-(10**12), le=10**12)]
    paid_on: date
    reference: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""
