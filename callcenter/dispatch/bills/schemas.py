"""Bills, claim lists and statements over the wire. Months are their first day; money is whole fen."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from callcenter.dispatch.bills.states import BillState, ClaimState
from callcenter.dispatch.entitlements.models import PayerKind
from callcenter.dispatch.entitlements.schemas import Reason

Month = Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]  # 2026-02
MOST_PAID = 10**12


class PartView(BaseModel):
    kind: PayerKind
    payer: str  # 长护险 …; empty: points, the elder herself
    entitlement_id: uuid.UUID | None
    fen: int  # below zero: taken back
    why: dict[str, Any]  # basis, share_bp, of_fen, limit …


class Preview(BaseModel):
    """Who would pay this amount now. Binds nobody."""

    amount_fen: int
    parts: list[PartView]
    agreed_fen: int | None
    dearest_fen: int  # the catalogue's highest
    too_dear: bool  # a person would have to confirm it


class BillView(BaseModel):
    id: uuid.UUID
    order_id: uuid.UUID
    visit: int
    served_on: date
    amount_fen: int
    agreed_fen: int | None
    fee_fen: int
    state: BillState
    made_at: datetime
    reversed_at: datetime | None
    reversed_why: str
    parts: list[PartView]


class PriceToConfirm(BaseModel):
    """An amount that stands out, until a person has confirmed it."""

    amount_fen: int
    agreed_fen: int | None
    dearest_fen: int
    tolerance: float  # percent


class BillsOfOrder(BaseModel):
    bills: list[BillView]  # by visit
    price: PriceToConfirm | None


class ConfirmPrice(BaseModel):
    amount_fen: Annotated[int, Field(ge=0, le=5_000_000)]  # the one that was seen
    reason: Reason


# --- claim lists -------------------------------------------------------------------------------------------------------------


class ClaimHead(BaseModel):
    id: uuid.UUID | None  # None: open, not closed yet
    version: int
    kind: PayerKind
    payer: str
    month: date
    state: ClaimState
    lines: int
    total_fen: int
    refused_fen: int
    paid_fen: int | None
    closed_at: datetime | None
    closed_by: str
    sent_at: datetime | None
    paid_at: datetime | None
    may_close: bool = False  # the month is over


class RefusalView(BaseModel):
    reason: str
    again: bool
    at: datetime
    by: str


class ClaimLineView(BaseModel):
    id: uuid.UUID
    bill_id: uuid.UUID
    order_number: str
    served_on: date
    elder_name: str  # masked for whoever may not see her
    card_number: str
    items: str
    store: str
    amount_fen: int
    fen: int
    refusal: RefusalView | None


class ClaimView(BaseModel):
    head: ClaimHead
    lines: list[ClaimLineView]


class CloseClaim(BaseModel):
    kind: Literal[PayerKind.CARE_INSURANCE, PayerKind.SUBSIDY, PayerKind.VOUCHER]
    payer: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    month: Month


class OfClaim(BaseModel):
    version: int


class PaidClaim(OfClaim):
    paid_fen: Annotated[int, Field(ge=-MOST_PAID, le=MOST_PAID)]


class RefusedLine(OfClaim):
    line_id: uuid.UUID
    reason: Reason
    again: bool  # it goes into the next list; else nobody pays it


# --- statements --------------------------------------------------------------------------------------------------------------


class Sums(BaseModel):
    orders: int  # bills less what was taken back
    amount_fen: int
    by_kind: dict[PayerKind, int]  # only payers who paid something
    at_door_fen: int  # self-paid: the store has it from the elder
    from_centre_fen: int  # what payers and points pay reaches the store through the centre
    fee_fen: int
    net_fen: int  # amount less fee
    transfer_fen: int  # what the centre transfers: from_centre less fee; below zero: the store owes it


class StatementLine(BaseModel):
    bill_id: uuid.UUID
    order_id: uuid.UUID
    order_number: str
    visit: int
    served_on: date
    items: str
    amount_fen: int
    by_kind: dict[PayerKind, int]
    fee_fen: int
    reversal: bool  # takes back an earlier line, this month's or an older one's


class StoreStatement(BaseModel):
    store_id: uuid.UUID
    store_code: str
    store: str
    month: date
    complete: bool  # the month is over
    made_at: datetime
    lines: list[StatementLine]
    sums: Sums


class StoreLine(BaseModel):
    store_id: uuid.UUID
    store_code: str
    store: str
    sums: Sums


class StoreStatements(BaseModel):
    month: date
    stores: list[StoreLine]
    sums: Sums


class Earnings(BaseModel):
    """What a store sees on its first screen."""

    month: date
    today_fen: int
    month_orders: int
    month_fen: int
    waiting_fen: int  # done, not billed yet
