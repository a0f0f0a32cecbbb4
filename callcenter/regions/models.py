"""Regions. A supervisor's scope is a region id; an elder belongs to a community and, where it is known, to a grid."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.kit.crypto import EncryptedText
from callcenter.kit.db import Base, HasId, word


class RegionLevel(StrEnum):
    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"
    GRID = "grid"


class WorkerRole(StrEnum):
    GRID_WORKER = "grid_worker"
    COMMUNITY_LEAD = "community_lead"
    STREET_CENTRE = "street_centre"


class Region(HasId, Base):
    """Never deleted: cases and elders of old point at it. A retired one takes nobody in."""

    __tablename__ = "regions"

    parent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("regions.id"))
    level: Mapped[RegionLevel] = mapped_column(word(RegionLevel))
    code: Mapped[str] = mapped_column(unique=True)  # as the administration numbers it: 420606, 420606-04, 420606-04-03, …
    name: Mapped[str]  # the whole name: 施营社区
    short_name: Mapped[str]  # as people say it: 施营
    pinyin: Mapped[str]  # of the short name, for order and search: "shi ying"
    sort: Mapped[int] = mapped_column(SmallInteger, default=0)
    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1")  # raised by every action
    retired_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_regions_parent_id", "parent_id"),)


class RegionBoundary(Base):
    """Beside the region, so that whoever reads names does not read polygons."""

    __tablename__ = "region_boundaries"

    region_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("regions.id"), primary_key=True)
    geometry: Mapped[dict[str, Any]]  # GeoJSON Polygon or MultiPolygon, WGS-84, longitude first
    updated_at: Mapped[datetime]


class GridWorker(HasId, Base):
    """Somebody of the streets and grids whom the centre telephones. No user of the console."""

    __tablename__ = "grid_workers"

    version: Mapped[int] = mapped_column(Integer, default=1)
    name: Mapped[str]
    number: Mapped[str] = mapped_column(EncryptedText("grid_workers.number"))  # E.164
    number_index: Mapped[str]  # keyed hash, by which the same person is known again
    role: Mapped[WorkerRole] = mapped_column(word(WorkerRole))
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]  # last day
    active: Mapped[bool] = mapped_column(default=True)
    updated_at: Mapped[datetime]

    __table_args__ = (Index("ix_grid_workers_number_index", "number_index"),)


class GridWorkerRegion(Base):
    """Where she works: grids, a community, a street."""

    __tablename__ = "grid_worker_regions"

    worker_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("grid_workers.id", ondelete="CASCADE"), primary_key=True)
    region_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("regions.id"), primary_key=True, index=True)
