"""Regions. A supervisor's scope is a region id; an elder belongs to a community and, where it is known, to a grid."""

from __future__ import annotations

import uuid
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.kit.db import Base, HasId, word


class RegionLevel(StrEnum):
    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"
    GRID = "grid"


class Region(HasId, Base):
    __tablename__ = "regions"

    parent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("regions.id"))
    level: Mapped[RegionLevel] = mapped_column(word(RegionLevel))
    code: Mapped[str] = mapped_column(unique=True)  # as the administration numbers it: 420606, 420606-04, 420606-04-03, …
    name: Mapped[str]  # the whole name: 施营社区
    short_name: Mapped[str]  # as people say it: 施营
    pinyin: Mapped[str]  # of the short name, for order and search: "shi ying"
    sort: Mapped[int] = mapped_column(SmallInteger, default=0)

    __table_args__ = (Index("ix_regions_parent_id", "parent_id"),)
