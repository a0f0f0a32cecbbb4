"""All reads of regions."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, ScalarSelect, Select, and_, case, exists, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from callcenter.accounts.actor import Actor
from callcenter.accounts.roles import Role
from callcenter.kit import pinyin
from callcenter.kit.errors import Forbidden, NotFound
from callcenter.regions.models import GridWorker, GridWorkerRegion, Region, RegionBoundary, RegionLevel, WorkerRole


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
    """Districts with everything below them that is in use, in the order people expect (sort, then pinyin). One statement."""
    regions = (
        await session.scalars(select(Region).where(Region.retired_at.is_(None)).order_by(Region.sort, Region.pinyin, Region.code))
    ).all()
    nodes = {r.id: RegionNode(r) for r in regions}
    roots: list[RegionNode] = []
    for region in regions:
        parent = nodes.get(region.parent_id) if region.parent_id else None
        (parent.children if parent else roots).append(nodes[region.id])
    return roots


def within(region_ids: Iterable[uuid.UUID]) -> Select[tuple[uuid.UUID]]:
    """A subquery: these regions and all below them. `Elder.community_id.in_(within(scope))` keeps a supervisor to her region."""
    top = (
        select(Region.id).where(Region.id.in_(list(region_ids))).cte(recursive=True)
    )  # without a name of its own: one statement may ask twice
    below = aliased(Region)
    whole = top.union_all(select(below.id).join(top, below.parent_id == top.c.id))
    return select(whole.c.id)


async def list_communities(session: AsyncSession, region_ids: Iterable[uuid.UUID] | None = None) -> Sequence[Region]:
    """Communities in use below (or among) these regions; of all when None."""
    in_use = select(Region).where(Region.level == RegionLevel.COMMUNITY, Region.retired_at.is_(None))
    statement = in_use.order_by(Region.sort, Region.pinyin, Region.code)
    if region_ids is not None:
        statement = statement.where(Region.id.in_(within(region_ids)))
    return (await session.scalars(statement)).all()


async def list_names(session: AsyncSession, region_ids: Iterable[uuid.UUID]) -> list[str]:
    """Whole names, in the order people expect."""
    ids = list(region_ids)
    if not ids:
        return []
    return list(await session.scalars(select(Region.name).where(Region.id.in_(ids)).order_by(Region.sort, Region.pinyin, Region.code)))


async def list_chain(session: AsyncSession, region_id: uuid.UUID) -> list[Region]:
    """This region and all above it, from the district down."""
    here = select(Region.id, Region.parent_id, literal(0).label("steps")).where(Region.id == region_id).cte(recursive=True)
    above = aliased(Region)
    chain = here.union_all(select(above.id, above.parent_id, here.c.steps + 1).join(here, above.id == here.c.parent_id))
    return list(await session.scalars(select(Region).join(chain, chain.c.id == Region.id).order_by(chain.c.steps.desc())))


async def list_all_regions(session: AsyncSession) -> Sequence[Row[Region, bool]]:
    """Every region, also retired ones, with whether it has a boundary; parents before children."""
    has = exists().where(RegionBoundary.region_id == Region.id).label("has_boundary")
    depth = case({level.value: i for i, level in enumerate(RegionLevel)}, value=Region.level)
    return (await session.execute(select(Region, has).order_by(depth, Region.sort, Region.pinyin, Region.code))).all()


async def list_boundaries(session: AsyncSession, level: RegionLevel | None = None) -> Sequence[Row[Region, dict[str, Any]]]:
    """Of regions that are in use, the largest first, so that what is drawn later lies on top."""
    statement = select(Region, RegionBoundary.geometry).join(RegionBoundary, RegionBoundary.region_id == Region.id)
    statement = statement.where(Region.retired_at.is_(None)).order_by(Region.code)
    if level is not None:
        statement = statement.where(Region.level == level)
    return (await session.execute(statement)).all()


async def in_scope(session: AsyncSession, actor: Actor, region_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these regions that the actor may change: a supervisor's are in her scope, everybody else's all of them."""
    if actor.role is not Role.SUPERVISOR or not region_ids:
        return set(region_ids)
    return set(await session.scalars(select(Region.id).where(Region.id.in_(region_ids), Region.id.in_(within(actor.region_ids)))))


async def check_scope(session: AsyncSession, actor: Actor, region_ids: Iterable[uuid.UUID | None]) -> None:
    """Forbidden when one of them is not the actor's to change. None stands for what lies above all districts: no supervisor's."""
    wanted = set(region_ids)
    hers = await in_scope(session, actor, {w for w in wanted if w})
    if actor.role is Role.SUPERVISOR and wanted - hers:
        raise Forbidden("this lies outside your regions; ask an admin", code="not_your_region")


# --- workers -----------------------------------------------------------------------------------------------------------------------


def works_on(day: date, who: type[GridWorker] = GridWorker) -> ColumnElement[bool]:
    return and_(who.active, or_(who.valid_from.is_(None), who.valid_from <= day), or_(who.valid_to.is_(None), who.valid_to >= day))


def worker_for(
    community_id: InstrumentedAttribute[uuid.UUID], grid_id: InstrumentedAttribute[uuid.UUID | None], day: date
) -> ScalarSelect[uuid.UUID]:
    """The id of who is asked first about somebody who lives there, as a subquery: the worker of her grid, else one of her community, else its lead."""
    who = aliased(GridWorker)
    order = case({WorkerRole.GRID_WORKER.value: 0, WorkerRole.COMMUNITY_LEAD.value: 1}, value=who.role, else_=2)
    return (
        select(who.id)
        .join(GridWorkerRegion, GridWorkerRegion.worker_id == who.id)
        .where(GridWorkerRegion.region_id.in_([community_id, grid_id]), works_on(day, who))
        .order_by(order, GridWorkerRegion.region_id == community_id, who.id)
        .limit(1)
        .scalar_subquery()
    )


async def list_workers(session: AsyncSession, *, under: uuid.UUID | None = None) -> list[tuple[GridWorker, list[uuid.UUID]]]:
    """With the ids of where they work; `under`: only who works in this region or below it. By role, then name."""
    statement = select(GridWorker)
    if under is not None:
        there = select(GridWorkerRegion.worker_id).where(GridWorkerRegion.region_id.in_(within([under])))
        statement = statement.where(GridWorker.id.in_(there))
    workers = (await session.scalars(statement)).all()
    places: dict[uuid.UUID, list[uuid.UUID]] = {worker.id: [] for worker in workers}
    rows = await session.execute(
        select(GridWorkerRegion.worker_id, GridWorkerRegion.region_id)
        .join(Region, Region.id == GridWorkerRegion.region_id)
        .where(GridWorkerRegion.worker_id.in_(places))
        .order_by(Region.code)
    )
    for worker_id, region_id in rows:
        places[worker_id].append(region_id)
    order = {role: i for i, role in enumerate((WorkerRole.STREET_CENTRE, WorkerRole.COMMUNITY_LEAD, WorkerRole.GRID_WORKER))}
    return [(w, places[w.id]) for w in sorted(workers, key=lambda w: (order[w.role], pinyin.of_name(w.name), str(w.id)))]
