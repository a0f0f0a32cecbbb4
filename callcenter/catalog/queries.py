"""All reads of the catalogue. "In force" is always at a time: now, when none is given."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, ScalarSelect, Select, func, literal, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcenter.catalog.models import CatalogVersion, Category, ItemLocalisation, ServiceItem
from callcenter.catalog.rules import CatalogRow, ItemInForce, LocalChange, Prices, resolve, row_of
from callcenter.kit import clock
from callcenter.kit.errors import NotFound
from callcenter.regions.models import Region


def _in_force_at(at: datetime | None) -> Select[CatalogVersion]:
    come = (CatalogVersion.valid_from <= (at or clock.now())) & CatalogVersion.withdrawn_at.is_(None)
    return select(CatalogVersion).where(come).order_by(CatalogVersion.number.desc()).limit(1)


def _version_id(at: datetime | None) -> ScalarSelect[uuid.UUID]:
    return _in_force_at(at).with_only_columns(CatalogVersion.id).scalar_subquery()


async def get_current_version(session: AsyncSession, at: datetime | None = None) -> CatalogVersion | None:
    return (await session.scalars(_in_force_at(at))).one_or_none()


async def get_last_version(session: AsyncSession) -> CatalogVersion | None:
    """Also one whose day has not come: the one that the next is built on."""
    return await session.scalar(
        select(CatalogVersion).where(CatalogVersion.withdrawn_at.is_(None)).order_by(CatalogVersion.number.desc()).limit(1)
    )


async def get_version(session: AsyncSession, number: int) -> CatalogVersion:
    version = await session.scalar(select(CatalogVersion).where(CatalogVersion.number == number))
    if version is None:
        raise NotFound("no such version of the catalogue", code="version_not_found")
    return version


async def get_version_before(session: AsyncSession, version: CatalogVersion) -> CatalogVersion | None:
    """The one that it was built on."""
    before = (CatalogVersion.number < version.number) & (
        CatalogVersion.withdrawn_at.is_(None) | (CatalogVersion.withdrawn_at > version.loaded_at)
    )
    return await session.scalar(select(CatalogVersion).where(before).order_by(CatalogVersion.number.desc()).limit(1))


async def list_versions(session: AsyncSession) -> Sequence[Row[CatalogVersion, int]]:
    """The newest first, with how many items it has."""
    items = select(func.count()).where(ServiceItem.version_id == CatalogVersion.id).scalar_subquery()
    return (await session.execute(select(CatalogVersion, items).order_by(CatalogVersion.number.desc()))).all()


async def list_items(session: AsyncSession, category: Category | None = None, at: datetime | None = None) -> Sequence[ServiceItem]:
    """Items of the version in force, in the catalogue's order, also those that are switched off. As everywhere: no region's changes."""
    statement = select(ServiceItem).where(ServiceItem.version_id == _version_id(at)).order_by(ServiceItem.sort)
    if category is not None:
        statement = statement.where(ServiceItem.category == category)
    return (await session.scalars(statement)).all()


async def list_items_of(session: AsyncSession, version: CatalogVersion) -> Sequence[ServiceItem]:
    return (await session.scalars(select(ServiceItem).where(ServiceItem.version_id == version.id).order_by(ServiceItem.sort))).all()


async def list_rows(session: AsyncSession, version: CatalogVersion | None) -> list[CatalogRow]:
    return [row_of(item) for item in await list_items_of(session, version)] if version else []


async def get_item(session: AsyncSession, code: str, at: datetime | None = None) -> ServiceItem:
    """The item in force with this code (JZ01 …), as everywhere."""
    item = await session.scalar(select(ServiceItem).where(ServiceItem.version_id == _version_id(at), ServiceItem.code == code))
    if item is None:
        raise _no_item(code)
    return item


async def get_item_by_id(session: AsyncSession, item_id: uuid.UUID) -> ServiceItem:
    """Of any version: what an old order was placed for."""
    item = await session.get(ServiceItem, item_id)
    if item is None:
        raise NotFound("no such service item", code="item_not_found")
    return item


# --- in a community -----------------------------------------------------------------------------------------------------------------


async def resolve_items(session: AsyncSession, community_id: uuid.UUID | None, at: datetime | None = None) -> list[ItemInForce]:
    """All items as they may be ordered there, in the catalogue's order, also those that are switched off. None: nobody knows where; then as everywhere.

    Two statements.
    """
    at = at or clock.now()
    return resolve(await list_items(session, at=at), await _local_changes(session, community_id, at))


async def get_item_in_force(session: AsyncSession, code: str, community_id: uuid.UUID | None, at: datetime | None = None) -> ItemInForce:
    """NotFound `item_not_found` when the catalogue in force has no such code; whether it may be ordered: `rules.check_orderable`."""
    at = at or clock.now()
    (found,) = resolve([await get_item(session, code, at)], await _local_changes(session, community_id, at, code))
    return found


async def _local_changes(session: AsyncSession, community_id: uuid.UUID | None, at: datetime, code: str | None = None) -> list[LocalChange]:
    """What the community and each region above it say at that time."""
    if community_id is None:
        return []
    here = select(Region.id, Region.parent_id, literal(0).label("steps")).where(Region.id == community_id).cte(recursive=True)
    above = aliased(Region)
    chain = here.union_all(select(above.id, above.parent_id, here.c.steps + 1).join(here, above.id == here.c.parent_id))
    said = (
        select(ItemLocalisation, chain.c.steps)
        .join(chain, chain.c.id == ItemLocalisation.region_id)
        .where(ItemLocalisation.valid_from <= at)
        .ext(distinct_on(ItemLocalisation.code, ItemLocalisation.region_id))
        .order_by(ItemLocalisation.code, ItemLocalisation.region_id, ItemLocalisation.valid_from.desc(), ItemLocalisation.number.desc())
    )
    if code is not None:
        said = said.where(ItemLocalisation.code == code)
    return [
        LocalChange(row.code, row.region_id, steps, row.name_zh, prices_of(row), row.switched_off, row.note)
        for row, steps in await session.execute(said)
    ]


def prices_of(row: ItemLocalisation) -> Prices | None:
    if row.price_min_fen is None or row.price_max_fen is None or row.price_public_fen is None or row.price_market_fen is None:
        return None
    return Prices(row.price_min_fen, row.price_max_fen, row.price_public_fen, row.price_market_fen)


async def list_localisations(
    session: AsyncSession, *, region_id: uuid.UUID | None = None, code: str | None = None
) -> Sequence[ItemLocalisation]:
    """Every one that was ever said: by code, region, and from the latest on."""
    statement = select(ItemLocalisation).order_by(
        ItemLocalisation.code, ItemLocalisation.region_id, ItemLocalisation.valid_from.desc(), ItemLocalisation.number.desc()
    )
    if region_id is not None:
        statement = statement.where(ItemLocalisation.region_id == region_id)
    if code is not None:
        statement = statement.where(ItemLocalisation.code == code)
    return (await session.scalars(statement)).all()


def _no_item(code: str) -> NotFound:
    return NotFound("no such service item in the catalogue in force", code="item_not_found", details={"code": code})
