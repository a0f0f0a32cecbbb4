"""The service catalogue. A version never changes once made: an order points at the item as it was when it was placed.

What a region does otherwise (`item_localisations`) is laid over it when it is read, and is only added to.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Numeric, SmallInteger, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.accounts.models import User
from callcenter.kit.db import Base, HasId, word
from callcenter.regions.models import Region


class Category(StrEnum):
    HOUSEKEEPING = "housekeeping"
    REPAIR = "repair"
    DELIVERY = "delivery"
    PERSONAL_CARE = "personal_care"
    ESCORT = "escort"
    COMPANIONSHIP = "companionship"
    EMERGENCY = "emergency"


class Unit(StrEnum):
    """What a price is for."""

    HOUR = "hour"
    DAY = "day"
    VISIT = "visit"
    MEAL = "meal"
    ORDER = "order"
    ITEM = "item"
    APPLIANCE = "appliance"
    SQUARE_METRE = "square_metre"
    CASE = "case"


class SlaClass(StrEnum):
    """Deadlines of each: docs/decisions.md "Service levels"; PLAN = on the due day of a visit plan."""

    E0 = "E0"
    U1 = "U1"
    U2 = "U2"
    N1 = "N1"
    N2 = "N2"
    PLAN = "PLAN"


class HomeVisit(StrEnum):
    YES = "yes"
    NO = "no"
    OPTIONAL = "optional"


class VolunteerPart(StrEnum):
    YES = "yes"
    LOW_RISK = "low_risk"  # only the low-risk part of it
    NO = "no"


class ClaimMode(StrEnum):
    OPEN = "open"  # any qualified provider may claim it from the pool
    ASSIGNED = "assigned"  # offered to the best match in turn
    CENTRE = "centre"  # done by the centre itself: a case step, not an order


class CatalogVersion(HasId, Base):
    """In force at a time: the highest number that is not withdrawn and whose day has come. `valid_from` never falls from one number to the next."""

    __tablename__ = "catalog_versions"

    number: Mapped[int] = mapped_column(Integer, unique=True)  # 1, 2, …
    content_hash: Mapped[str]  # SHA-256 of the items
    loaded_at: Mapped[datetime]  # when it was made
    valid_from: Mapped[datetime]
    reason: Mapped[str] = mapped_column(default="", server_default="")
    author_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))
    author_name: Mapped[str] = mapped_column(default="", server_default="")
    withdrawn_at: Mapped[datetime | None]  # before its day came; it never was in force
    withdrawn_by: Mapped[str | None]


class ServiceItem(HasId, Base):
    """Append-only. Prices: what one unit costs, from … to; what the centre publishes for elders who are subsidised; what it costs otherwise."""

    __tablename__ = "service_items"

    version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("catalog_versions.id"))
    code: Mapped[str]  # JZ01 …: the same item through all versions
    category: Mapped[Category] = mapped_column(word(Category))
    name_zh: Mapped[str]
    name_en: Mapped[str]
    unit: Mapped[str]
    price_min_cny: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    price_max_cny: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    price_public_cny: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    price_market_cny: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    minutes_min: Mapped[int] = mapped_column(SmallInteger)
    minutes_max: Mapped[int] = mapped_column(SmallInteger)
    requirements: Mapped[list[list[str]]] = mapped_column(JSONB)  # of every group one licence (licences.py): rules.Requirements
    sla_class: Mapped[SlaClass] = mapped_column(word(SlaClass))
    home_visit: Mapped[HomeVisit] = mapped_column(word(HomeVisit))
    volunteer: Mapped[VolunteerPart] = mapped_column(word(VolunteerPart))
    claim_mode: Mapped[ClaimMode] = mapped_column(word(ClaimMode))
    active: Mapped[bool] = mapped_column(default=True, server_default="true")  # off: no new orders, anywhere
    off_reason: Mapped[str] = mapped_column(default="", server_default="")  # for whoever is asked for it; only when it is off
    sort: Mapped[int] = mapped_column(SmallInteger)

    __table_args__ = (UniqueConstraint("version_id", "code"),)


class ItemLocalisation(HasId, Base):
    """What a region does otherwise with one item, as a whole statement; append-only. What it leaves open is as in the region above.

    In force of an item in a region: the row with the latest `valid_from` that has come, of equals the higher number. So a row that leaves everything
    open ends what was before it.
    """

    __tablename__ = "item_localisations"

    code: Mapped[str]
    region_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Region.id))
    number: Mapped[int] = mapped_column(Integer)  # 1, 2, … of this item in this region
    name_zh: Mapped[str | None]
    price_min_fen: Mapped[int | None] = mapped_column(Integer)  # all four or none
    price_max_fen: Mapped[int | None] = mapped_column(Integer)
    price_public_fen: Mapped[int | None] = mapped_column(Integer)
    price_market_fen: Mapped[int | None] = mapped_column(Integer)
    switched_off: Mapped[bool | None]  # false: on, though it is off in a region above
    note: Mapped[str]
    valid_from: Mapped[datetime]
    made_at: Mapped[datetime]
    author_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(User.id))
    author_name: Mapped[str]

    __table_args__ = (
        UniqueConstraint("code", "region_id", "number"),
        Index("ix_item_localisations_region_id", "region_id"),
        CheckConstraint("num_nulls(price_min_fen, price_max_fen, price_public_fen, price_market_fen) IN (0, 4)", name="prices_whole"),
    )
