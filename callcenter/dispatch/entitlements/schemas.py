"""Entitlements over the wire."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from callcenter.catalog.models import Category
from callcenter.dispatch.entitlements.models import Basis, PayerKind

MOST_FEN = 10_000_000  # a hundred thousand yuan a month: more is a slip of the finger
ItemCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}[0-9]{2}$")]
Fen = Annotated[int, Field(ge=0, le=MOST_FEN)]
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 12, 31))]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]


class EntitlementForm(BaseModel):
    """Either `fixed_fen` (basis fixed) or `share_bp`, hundredths of a percent. No items and no categories: it covers everything."""

    kind: Literal[PayerKind.CARE_INSURANCE, PayerKind.SUBSIDY, PayerKind.VOUCHER]
    payer: Annotated[str, StringConstraints(min_length=1, max_length=40, strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]*$")]
    basis: Basis
    fixed_fen: Annotated[int, Field(ge=1, le=MOST_FEN)] | None = None
    share_bp: Annotated[int, Field(ge=1, le=10_000)] | None = None
    month_cap_fen: Fen | None = None
    job_cap_fen: Fen | None = None
    items: Annotated[list[ItemCode], Field(max_length=60)] = []
    categories: Annotated[list[Category], Field(max_length=len(Category))] = []
    valid_from: Day
    valid_to: Day | None = None
    note: Annotated[str, StringConstraints(max_length=500, strip_whitespace=True)] = ""

    @model_validator(mode="after")
    def whole(self) -> Self:
        fixed = self.basis is Basis.FIXED
        if fixed != (self.fixed_fen is not None) or fixed != (self.share_bp is None):
            raise ValueError("a fixed entitlement has fixed_fen, a share has share_bp, none has both")
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("the last day lies before the first")
        self.items, self.categories = sorted(set(self.items)), sorted(set(self.categories))
        return self


class ChangedEntitlement(EntitlementForm):
    version: int  # the one that was seen


class WithdrawnEntitlement(BaseModel):
    version: int
    reason: Reason


class EntitlementChangeView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    at: datetime
    by: str
    kind: str
    reason: str
    fields: dict[str, Any]


class UseView(BaseModel):
    """What a bill took, or gave back (negative)."""

    at: datetime
    entitlement_id: uuid.UUID
    payer: str
    order_number: str
    order_id: uuid.UUID
    served_on: date
    fen: int


class EntitlementView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    version: int
    kind: PayerKind
    payer: str
    basis: Basis
    fixed_fen: int | None
    share_bp: int | None
    month_cap_fen: int | None
    job_cap_fen: int | None
    items: list[str]
    categories: list[str]
    valid_from: date
    valid_to: date | None
    note: str
    withdrawn_at: datetime | None
    counts: bool  # today: valid and not withdrawn
    used_fen: int = 0  # in the month that was asked for
    left_fen: int | None = None  # of its cap a month; None: no cap
    changes: list[EntitlementChangeView] = []


class EntitlementsOfElder(BaseModel):
    month: date  # first day
    entitlements: list[EntitlementView]
    uses: list[UseView]  # of that month
