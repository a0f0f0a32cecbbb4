"""The tree of regions and what lies within a scope."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.kit.errors import NotFound
from callcenter.regions.models import Region, RegionLevel
from callcenter.regions.queries import get_region, get_region_by_code, get_region_tree, list_communities, within
from callcenter.seed.places import STREETS, region_id


async def test_the_tree(session: AsyncSession) -> None:
    (district,) = await get_region_tree(session)
    assert (district.region.name, district.region.level, district.region.pinyin) == ("樊城区", RegionLevel.DISTRICT, "fan cheng")
    assert [node.region.short_name for node in district.children] == list(STREETS)
    for street in district.children:
        assert [node.region.short_name for node in street.children] == list(STREETS[street.region.short_name])
        assert all(len(community.children) == 3 for community in street.children)


async def test_communities_of(session: AsyncSession) -> None:
    street = region_id("420606-01")
    assert len(await list_communities(session)) == 72
    assert [c.short_name for c in await list_communities(session, [street])] == list(STREETS["中原"])
    assert [c.short_name for c in await list_communities(session, [region_id("420606-01-01")])] == ["施营"]
    assert await list_communities(session, []) == []


async def test_within(session: AsyncSession) -> None:
    inside = await session.scalar(select(func.count()).select_from(within([region_id("420606-01")]).subquery()))
    assert inside == 1 + 8 + 24
    levels = set(await session.scalars(select(Region.level).where(Region.id.in_(within([region_id("420606-01-01")])))))
    assert levels == {RegionLevel.COMMUNITY, RegionLevel.GRID}


async def test_one(session: AsyncSession) -> None:
    region = await get_region_by_code(session, "420606-01-01")
    assert region is not None
    assert (await get_region(session, region.id)).name == "施营社区"
    assert await get_region_by_code(session, "nowhere") is None
    with pytest.raises(NotFound):
        await get_region(session, uuid.uuid4())
