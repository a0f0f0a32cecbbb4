"""All reads of what a centre has set."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from callcenter.centre.models import SettingChange
from callcenter.centre.registry import REGISTRY
from callcenter.centre.rules import CentreValues, effective
from callcenter.kit import clock
from callcenter.kit.errors import NotFound
from callcenter.settings import Settings


async def get_values(session: AsyncSession, settings: Settings, *, at: datetime | None = None) -> CentreValues:
    """What counts at a moment (now). One small statement."""
    latest = await list_counting(session, at=at)
    return effective(settings, {key: change.value for key, change in latest.items()})


async def list_counting(session: AsyncSession, *, at: datetime | None = None) -> dict[str, SettingChange]:
    """For each key that was ever set by then, the change that counted."""
    of_key = _first_of([SettingChange.key], SettingChange.valid_from <= (at or clock.now()))
    rows = await session.scalars(select(SettingChange).where(SettingChange.id.in_(of_key)))
    return {row.key: row for row in rows}


async def list_planned(session: AsyncSession) -> Sequence[SettingChange]:
    """What will count from a later moment: of several for one key and moment the last written."""
    of_moment = _first_of([SettingChange.key, SettingChange.valid_from], SettingChange.valid_from > clock.now())
    planned = select(SettingChange).where(SettingChange.id.in_(of_moment)).order_by(SettingChange.key, SettingChange.valid_from)
    return (await session.scalars(planned)).all()


async def list_changes(session: AsyncSession, key: str) -> Sequence[SettingChange]:
    """The history of one value, newest first."""
    if key not in REGISTRY:
        raise NotFound("there is no such setting", code="no_such_setting")
    found = select(SettingChange).where(SettingChange.key == key).order_by(SettingChange.id.desc()).limit(200)
    return (await session.scalars(found)).all()


def _first_of(each: list[InstrumentedAttribute[Any]], where: ColumnElement[bool]) -> Select[tuple[int]]:
    """Ids: of each group that change which counts most, the latest to begin, then the last written."""
    place = func.row_number().over(partition_by=each, order_by=(SettingChange.valid_from.desc(), SettingChange.id.desc()))
    numbered = select(SettingChange.id, place.label("place")).where(where).subquery()
    return select(numbered.c.id).where(numbered.c.place == 1)
