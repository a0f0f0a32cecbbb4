"""Goods and spendings at a counter over HTTP."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from callcenter.points.spending.goods import Good
from callcenter.points.spending.states import CounterState, GoodKind, GoodsOrderState, How

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
Points = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]


class PartnerForm(BaseModel):
    name: Name


class ChangedPartner(PartnerForm):
    active: bool
    version: int


class GoodForm(BaseModel):
    name: Name
    points: Points
    stock: Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
    month_limit: Annotated[int, Field(strict=True, ge=1, le=99)] | None = None
    active: bool = True

    @property
    def good(self) -> Good:
        return Good(self.name, self.points, self.stock, self.month_limit, self.active)


class NewGood(GoodForm):
    kind: GoodKind


class ChangedGood(GoodForm):
    version: int


class GoodView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    version: int
    kind: GoodKind
    name: str
    points: int
    stock: int
    month_limit: int | None
    active: bool


class PartnerView(BaseModel):
    id: uuid.UUID
    version: int
    name: str
    active: bool
    goods: list[GoodView]


class OrderGoods(BaseModel):
    good_id: uuid.UUID
    quantity: Annotated[int, Field(strict=True, ge=1, le=99)] = 1


class GoodsOrderView(BaseModel):
    """`waiting`: above `points_two_persons`, nothing is held before a second person agrees; `id` is the approval's."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    good_id: uuid.UUID
    quantity: int
    points: int
    state: GoodsOrderState
    made_at: datetime
    made_by: str
    over_at: datetime | None
    over_by: str
    reason: str
    waiting: bool = False


class GoodsOrderLine(GoodsOrderView):
    """In the list of all elders' orders. `elder_name`: masked but for whoever may see all of her."""

    elder_id: uuid.UUID
    elder_name: str
    good: str
    partner: str
    due_at: datetime


class VoidGoods(BaseModel):
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class CounterView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    store_id: uuid.UUID
    store: str = ""  # its name
    points: int
    state: CounterState
    why: str
    how: How | None
    made_at: datetime
    expires_at: datetime


class ConfirmCounter(BaseModel):
    """`pin`: what she says; `voice`: the agent has called her back (the centre knows with which call) and heard that it was she."""

    how: Literal["pin", "voice"]
    pin: Annotated[str, StringConstraints(pattern=r"^[0-9]{4,6}$")] = ""
    was_she: bool = False

    @model_validator(mode="after")
    def _whole(self) -> ConfirmCounter:
        if (self.how == "pin") != bool(self.pin) or (self.how == "voice") != self.was_she:
            raise ValueError("give her PIN, or call her back and say that it was she")
        return self


class SetPin(BaseModel):
    pin: Annotated[str, StringConstraints(min_length=1, max_length=20)]
