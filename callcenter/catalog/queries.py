"""All reads of the catalogue."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.catalog.models import CatalogVersion, Category, ServiceItem
from callcenter.kit.errors import NotFound


async def get_current_version(session: AsyncSession) -> CatalogVersion | None:
    return await session.scalar(select(CatalogVersion).order_by(CatalogVersion.number.desc()).limit(1))


async def list_items(session: AsyncSession, category: Category | None = None) -> Sequence[ServiceItem]:
    """Items of the version in force, in the catalogue's order."""
    latest = select(CatalogVersion.id).order_by(CatalogVersion.number.desc()).limit(1).scalar_subquery()
    statement = select(ServiceItem).where(ServiceItem.version_id == latest).order_by(ServiceItem.sort)
    if category is not None:
        statement = statement.where(ServiceItem.category == category)
    return (await session.scalars(statement)).all()


async def get_item(session: AsyncSession, code: str) -> ServiceItem:
    """The item in force with this code (JZ01 …)."""
    latest = select(CatalogVersion.id).order_by(CatalogVersion.number.desc()).limit(1).scalar_subquery()
    item = await session.scalar(select(ServiceItem).where(ServiceItem.version_id == latest, ServiceItem.code == code))
    if item is None:
        raise NotFound("no such service item in the catalogue in force", code="item_not_found", details={"code": code})
    return item


async def get_item_by_id(session: AsyncSession, item_id: uuid.UUID) -> ServiceItem:
    """Of any version: what an old order was placed for."""
    item = await session.get(ServiceItem, item_id)
    if item is None:
        raise NotFound("no such service item", code="item_not_found")
    return item
