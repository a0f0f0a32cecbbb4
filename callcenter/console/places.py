"""Regions seen from above: who lives there, what is open there, who works there. And what follows for the elders when a region changes."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.calls.duty.queries import on_duty_now
from callcenter.cases.models import Case
from callcenter.cases.states import OPEN
from callcenter.console.schemas_regions import MapCase, MapCounts, RegionCounts, RegionPanel
from callcenter.elders.access import whole_for
from callcenter.elders.cards import place
from callcenter.elders.models import Elder, Living, Presence
from callcenter.elders.rules import mask_name
from callcenter.kit import clock
from callcenter.kit.phone import mask, pretty
from callcenter.regions.models import GridWorker, GridWorkerRegion, Region, RegionLevel
from callcenter.regions.queries import get_region, list_workers, within, works_on
from callcenter.regions.schemas import WorkerView
from callcenter.settings import get_settings

_LIVES = Elder.presence != Presence.DECEASED
MAX_CASES = 500


async def count_elders_in(session: AsyncSession, region_id: uuid.UUID) -> int:
    """All who have their home there or below, as one who retires it must know: the dead and their grids too."""
    inside = within([region_id])
    found = await session.scalar(select(func.count(Elder.id)).where(Elder.community_id.in_(inside) | Elder.grid_id.in_(inside)))
    return found or 0


async def map_counts(session: AsyncSession, who: SignedIn) -> MapCounts:
    today = clock.today(get_settings().timezone)
    rows = await session.execute(
        select(Elder.community_id, func.count(), func.count().filter(Elder.living == Living.ALONE))
        .where(_LIVES)
        .group_by(Elder.community_id)
    )
    lives = {community: (elders, alone) for community, elders, alone in rows}
    regions = {r.id: r for r in await session.scalars(select(Region).where(Region.retired_at.is_(None)))}
    at_work: dict[uuid.UUID, set[uuid.UUID]] = {}
    posts = select(GridWorkerRegion.region_id, GridWorkerRegion.worker_id).join(GridWorker, GridWorker.id == GridWorkerRegion.worker_id)
    for region_id, worker_id in await session.execute(posts.where(works_on(today))):
        region = regions.get(region_id)
        community = region.parent_id if region and region.level is RegionLevel.GRID else region_id
        if community:
            at_work.setdefault(community, set()).add(worker_id)
    counts = [
        RegionCounts(
            region_id=r.id, elders=lives.get(r.id, (0, 0))[0], alone=lives.get(r.id, (0, 0))[1], workers=len(at_work.get(r.id, ()))
        )
        for r in regions.values()
        if r.level is RegionLevel.COMMUNITY
    ]
    return MapCounts(communities=sorted(counts, key=lambda c: regions[c.region_id].code), cases=await _open_cases(session, who))


async def region_panel(session: AsyncSession, who: SignedIn, region_id: uuid.UUID) -> RegionPanel:
    """Of a community, a street or the district."""
    region = await get_region(session, region_id)
    names, at = [region.short_name], region.parent_id
    while at is not None:
        above = await get_region(session, at)
        names, at = [above.short_name, *names], above.parent_id
    inside = within([region_id])
    here = Elder.community_id.in_(inside) if region.level is not RegionLevel.GRID else Elder.grid_id == region_id
    elders, alone = (
        await session.execute(
            select(func.count(), func.count().filter(Elder.living == Living.ALONE)).select_from(Elder).where(_LIVES, here)
        )
    ).one()
    duty = await on_duty_now(session, get_settings().timezone)
    around = {region_id, region.parent_id}
    return RegionPanel(
        region_id=region_id,
        place=place(*names),
        elders=elders,
        alone=alone,
        cases=await _open_cases(session, who, here),
        workers=await worker_views(session, who.actor, under=region_id, today_only=True),
        timezone=duty.timezone,
        on_duty=[turn for turn in duty.now if turn.region_id is None or turn.region_id in around],
    )


async def worker_views(
    session: AsyncSession, actor: Actor, *, under: uuid.UUID | None = None, today_only: bool = False, only: uuid.UUID | None = None
) -> list[WorkerView]:
    """Numbers whole for those who may change them, masked else: an elder's card has her own worker's whole."""
    today = clock.today(get_settings().timezone)
    whole = actor.may(Permission.REGIONS_WRITE)
    views = [
        worker_view(worker, places, whole=whole, works_today=_works(worker, today))
        for worker, places in await list_workers(session, under=under)
    ]
    return [v for v in views if (v.works_today or not today_only) and only in (None, v.id)]


def worker_view(worker: GridWorker, places: Sequence[uuid.UUID], *, whole: bool, works_today: bool) -> WorkerView:
    return WorkerView(
        id=worker.id,
        version=worker.version,
        name=worker.name,
        number=pretty(worker.number) if whole else mask(worker.number),
        role=worker.role,
        region_ids=list(places),
        valid_from=worker.valid_from,
        valid_to=worker.valid_to,
        active=worker.active,
        works_today=works_today,
        updated_at=worker.updated_at,
    )


def _works(worker: GridWorker, day: date) -> bool:
    return worker.active and not (worker.valid_from and worker.valid_from > day) and not (worker.valid_to and worker.valid_to < day)


async def _open_cases(session: AsyncSession, who: SignedIn, where: ColumnElement[bool] | None = None) -> list[MapCase]:
    """Those of known elders, the gravest first. Only for who may read cases at all: an admin sees none."""
    if not who.actor.may(Permission.CASES_READ):
        return []
    statement = (
        select(Case, Elder.id, Elder.name, Elder.community_id, Elder.latitude, Elder.longitude)
        .join(Elder, Elder.id == Case.elder_id)
        .where(Case.state.in_(OPEN))
        .order_by(Case.is_sos.desc(), Case.severity, Case.opened_at.desc())
        .limit(MAX_CASES)
    )
    rows = (await session.execute(statement.where(where) if where is not None else statement)).all()
    open_to = await whole_for(session, who.actor, {row[1] for row in rows})
    found = []
    for case, elder_id, name, community_id, latitude, longitude in rows:
        whole = case.owner_id == who.user_id or elder_id in open_to
        found.append(
            MapCase(
                id=case.id,
                number=case.number,
                severity=case.severity,
                is_sos=case.is_sos,
                state=case.state,
                community_id=community_id,
                elder_name=name if whole else mask_name(name),
                opened_at=case.opened_at,
                latitude=latitude if whole else None,
                longitude=longitude if whole else None,
            )
        )
    return found
