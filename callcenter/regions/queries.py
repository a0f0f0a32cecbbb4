"""All reads of regions."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcenter.kit.errors import NotFound
from callcenter.regions.models import Region, RegionLevel


@dataclass(slots=True)
class RegionNode:
    region: Region
    children: list[RegionNode] = field(default_factory=list)


async def get_region(session: AsyncSession, region_id: uuid.UUID) -> Region:
    region = await session.get(Region, region_id)
    if region is None:
        raise NotFound("no such region", code="region_not_found")
    return region


async def get_region_by_code(session: AsyncSession, code: str) -> Region | None:
    return await session.scalar(select(Region).where(Region.code == code))


async def get_region_tree(session: AsyncSession) -> list[RegionNode]:
    """Districts with everything below them, in the order people expect (sort, then pinyin). One statement."""
    regions = (await session.scalars(select(Region).order_by(Region.sort, Region.pinyin, Region.code))).all()
    nodes = {r.id: RegionNode(r) for r in regions}
    roots: list[RegionNode] = []
    for region in regions:
        parent = nodes.get(region.parent_id) if region.parent_id else None
        (parent.children if parent else roots).append(nodes[region.id])
    return roots


def within(region_ids: Iterable[uuid.UUID]) -> Select[tuple[uuid.UUID]]:
    """A subquery: these regions and all below them. `Elder.community_id.in_(within(scope))` keeps a supervisor to her region."""
    top = select(Region.id).where(Region.id.in_(list(region_ids))).cte("within", recursive=True)
    below = aliased(Region)
    whole = top.union_all(select(below.id).join(top, below.parent_id == top.c.id))
    return select(whole.c.id)


async def list_communities(session: AsyncSession, region_ids: Iterable[uuid.UUID] | None = None) -> Sequence[Region]:
    """Communities below (or among) these regions; of all when None."""
    statement = select(Region).where(Region.level == RegionLevel.COMMUNITY).order_by(Region.sort, Region.pinyin, Region.code)
    if region_ids is not None:
        statement = statement.where(Region.id.in_(within(region_ids)))
    return (await session.scalars(statement)).all()


async def list_names(session: AsyncSession, region_ids: Iterable[uuid.UUID]) -> list[str]:
    """Whole names, in the order people expect."""
    ids = list(region_ids)
    if not ids:
        return []
    return list(await session.scalars(select(Region.name).where(Region.id.in_(ids)).order_by(Region.sort, Region.pinyin, Region.code)))
