"""The service catalogue. A version never changes once loaded: an order points at the item as it was when it was placed."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import ForeignKey, Integer, Numeric, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.kit.db import Base, HasId, word


class Category(StrEnum):
    HOUSEKEEPING = "housekeeping"
    REPAIR = "repair"
    DELIVERY = "delivery"
    PERSONAL_CARE = "personal_care"
    ESCORT = "escort"
    COMPANIONSHIP = "companionship"
    EMERGENCY = "emergency"


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
    __tablename__ = "catalog_versions"

    number: Mapped[int] = mapped_column(Integer, unique=True)  # 1, 2, …; the highest is in force
    content_hash: Mapped[str]  # SHA-256 of the items, so that loading the same content again changes nothing
    loaded_at: Mapped[datetime]


class ServiceItem(HasId, Base):
    __tablename__ = "service_items"

    version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("catalog_versions.id"))
    code: Mapped[str]  # JZ01 …: the same item through all versions
    category: Mapped[Category] = mapped_column(word(Category))
    name_zh: Mapped[str]
    name_en: Mapped[str]
    unit: Mapped[str]
    price_min_cny: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    price_max_cny: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    minutes_min: Mapped[int] = mapped_column(SmallInteger)
    minutes_max: Mapped[int] = mapped_column(SmallInteger)
    qualifications: Mapped[list[str]]  # any one of them is asked for, as in the catalogue ("家政服务员|健康证")
    sla_class: Mapped[SlaClass] = mapped_column(word(SlaClass))
    home_visit: Mapped[HomeVisit] = mapped_column(word(HomeVisit))
    volunteer: Mapped[VolunteerPart] = mapped_column(word(VolunteerPart))
    claim_mode: Mapped[ClaimMode] = mapped_column(word(ClaimMode))
    sort: Mapped[int] = mapped_column(SmallInteger)

    __table_args__ = (UniqueConstraint("version_id", "code"),)
