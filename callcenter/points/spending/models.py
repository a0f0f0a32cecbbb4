"""Partners with their goods, orders of these, spendings at a counter."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.calls.models import Call
from callcenter.dispatch.stores.models import Store
from callcenter.elders.models import Elder
from callcenter.kit.crypto import EncryptedText
from callcenter.kit.db import Base, HasId, word
from callcenter.points.spending.states import CounterState, GoodKind, GoodsOrderState, How


class PointsPartner(HasId, Base):
    """Who gives goods for points; `id` is that of its accounts."""

    __tablename__ = "points_partners"

    version: Mapped[int] = mapped_column(Integer, default=1)
    name: Mapped[str] = mapped_column(unique=True)
    active: Mapped[bool] = mapped_column(default=True)
    made_at: Mapped[datetime]


class PointsGood(HasId, Base):
    __tablename__ = "points_goods"

    version: Mapped[int] = mapped_column(Integer, default=1)
    partner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(PointsPartner.id), index=True)
    kind: Mapped[GoodKind] = mapped_column(word(GoodKind))
    name: Mapped[str]
    points: Mapped[int] = mapped_column(Integer)
    stock: Mapped[int] = mapped_column(Integer)
    month_limit: Mapped[int | None] = mapped_column(SmallInteger)  # pieces an elder may have in a month
    active: Mapped[bool] = mapped_column(default=True)

    __table_args__ = (
        CheckConstraint("points BETWEEN 1 AND 1000000", name="points"),
        CheckConstraint("stock BETWEEN 0 AND 1000000", name="stock"),
        CheckConstraint("kind <> 'phone_credit' OR points IN (1000, 3000, 5000)", name="phone_credit"),
    )


class PointsGoodChange(HasId, Base):
    """How a good came to be what it is. Append-only."""

    __tablename__ = "points_good_changes"

    good_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(PointsGood.id), index=True)
    at: Mapped[datetime]
    by_id: Mapped[uuid.UUID | None]
    by_name: Mapped[str]
    values: Mapped[dict[str, Any]]  # all of them as they were set


class PointsGoodsOrder(HasId, Base):
    """Of one good for one elder. Its points are held in the books under `goods:<id>`."""

    __tablename__ = "points_goods_orders"

    version: Mapped[int] = mapped_column(Integer, default=1)
    elder_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Elder.id))
    good_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(PointsGood.id), index=True)
    quantity: Mapped[int] = mapped_column(SmallInteger)
    points: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[GoodsOrderState] = mapped_column(word(GoodsOrderState), default=GoodsOrderState.RESERVED)
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    due_at: Mapped[datetime]  # not handed out by then: given back
    over_at: Mapped[datetime | None]
    over_by: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")

    __table_args__ = (
        CheckConstraint("quantity BETWEEN 1 AND 99 AND points > 0", name="amounts"),
        CheckConstraint("(state = 'reserved') = (over_at IS NULL)", name="over"),
        Index("ix_points_goods_orders_elder_id_made_at", "elder_id", "made_at"),
        Index("ix_points_goods_orders_due", "due_at", postgresql_where=text("state = 'reserved'")),
    )

    @property
    def key(self) -> str:
        return f"goods:{self.id}"


class PointsCounterRequest(HasId, Base):
    """The stores' process writes what was typed there, and reads the state; all else is the worker's, which may know whose card it is
    (migrations/stores_role.py). Its points are held in the books under `counter:<id>`."""

    __tablename__ = "points_counter_requests"

    version: Mapped[int] = mapped_column(Integer, default=1)
    store_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Store.id))
    person_id: Mapped[uuid.UUID]  # of the store
    card: Mapped[str] = mapped_column(EncryptedText("points_counter_requests.card"))  # as typed
    points: Mapped[int] = mapped_column(Integer)
    state: Mapped[CounterState] = mapped_column(word(CounterState), default=CounterState.NEW)
    why: Mapped[str] = mapped_column(default="")  # it was refused
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    # typed at the counter later
    code_given: Mapped[str] = mapped_column(default="")  # hashed
    given_up: Mapped[bool] = mapped_column(default=False)
    # the worker's
    elder_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(Elder.id))
    code_hash: Mapped[str] = mapped_column(default="")  # "": no code was sent, she has no mobile telephone
    tries_left: Mapped[int] = mapped_column(SmallInteger, default=0)
    how: Mapped[How | None] = mapped_column(word(How))
    call_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(Call.id))
    over_at: Mapped[datetime | None]
    over_by: Mapped[str] = mapped_column(default="")

    __table_args__ = (
        CheckConstraint("points BETWEEN 1 AND 1000000", name="points"),
        CheckConstraint("(state IN ('new', 'asked')) = (over_at IS NULL)", name="over"),
        CheckConstraint("(state = 'confirmed') = (how IS NOT NULL)", name="said_yes"),
        CheckConstraint("(how IS NOT DISTINCT FROM 'voice') = (call_id IS NOT NULL)", name="call"),
        Index("ix_points_counter_requests_open", "expires_at", postgresql_where=text("state IN ('new', 'asked')")),
        Index("ix_points_counter_requests_store_id_made_at", "store_id", "made_at"),
        Index("ix_points_counter_requests_elder_id_made_at", "elder_id", "made_at"),
    )

    @property
    def key(self) -> str:
        return f"counter:{self.id}"
