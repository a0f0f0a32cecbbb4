"""Earning over the wire. Whole points, whole fen, rates in hundredths of a percent."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from callcenter.points.earning.rules import LEAST_BP, MOST_BP
from callcenter.points.earning.states import EarningState, ReportState, Rule


class EarningView(BaseModel):
    id: uuid.UUID
    rule: Rule
    day: date
    base: int  # fen, half hours, or 1
    amount: int
    reason: str  # why nothing, or less; "": as the rule says
    counted: dict[str, Any]  # the settings of that day
    state: EarningState
    release_at: datetime | None
    reversed_amount: int
    shortfall: int


class ReferralView(BaseModel):
    inviter_id: uuid.UUID
    at: datetime
    by: str


class EarningsOfElder(BaseModel):
    earnings: list[EarningView]  # the newest first
    invited_by: ReferralView | None
    invited: int  # how many she has invited


class NewReferral(BaseModel):
    inviter_id: uuid.UUID


class TermView(BaseModel):
    store_id: uuid.UUID
    code: str
    name: str
    allied: bool
    rate_bp: int | None  # None: the scheme's own
    since: datetime | None


class PointsTerms(BaseModel):
    rate_bp: int  # the scheme's own
    stores: list[TermView]


class NewTerm(BaseModel):
    allied: bool
    rate_bp: Annotated[int, Field(ge=LEAST_BP, le=MOST_BP, strict=True)] | None = None


class CostView(BaseModel):
    rule: Rule
    deeds: int
    points: int  # what stands
    would: int


class RulesPreview(BaseModel):
    """Points are fen of redemption value."""

    month: date  # its first day
    numbers: dict[str, int]  # what was reckoned with
    now: dict[str, int]  # what counts today
    costs: list[CostView]
    points: int
    would: int


# --- the stores' app ---------------------------------------------------------------------------------------------------------

Receipt = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,40}$")]
Card = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,32}$")]
Fen = Annotated[int, Field(ge=1, le=5_000_000, strict=True)]


class NewTill(BaseModel):
    store_code: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20)]
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]


class TillView(BaseModel):
    id: uuid.UUID
    store_id: uuid.UUID
    store_code: str
    store: str
    name: str
    made_at: datetime
    made_by: str
    revoked_at: datetime | None


class MadeTill(BaseModel):
    """`secret` is shown this once."""

    id: uuid.UUID
    secret: str
    tills: list[TillView]


class NewPurchase(BaseModel):
    receipt: Receipt
    card_number: Card
    amount_fen: Fen
    excluded_fen: Annotated[int, Field(ge=0, le=5_000_000, strict=True)] = 0  # prescription medicine, tobacco, alcohol, deposits


class NewRefund(BaseModel):
    receipt: Receipt
    number: Receipt  # of the refund
    fen: Fen


class TillPurchase(NewPurchase):
    bought_at: AwareDatetime | None = None  # a till that was without a network tells later, within a week


class TillReport(BaseModel):
    """Nothing of her: the till knows the card."""

    report_id: uuid.UUID
    receipt: str
    number: str  # of the refund; "" for a sale
    state: ReportState
    why: str  # it was refused
    points: int  # earned, or taken back; 0 until it is booked
