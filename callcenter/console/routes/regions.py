"""The tree of regions, its map, and who works there."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.roles import Permission
from callcenter.accounts.sessions import SignedIn
from callcenter.console.http import Session, needs
from callcenter.console.idempotency import IdempotencyKey, once
from callcenter.console.places import count_elders_in, map_counts, region_panel, worker_views
from callcenter.console.schemas_regions import Made, MapCounts, RegionPanel
from callcenter.elders.actions import follow_places
from callcenter.kit.errors import NotFound
from callcenter.regions import actions, workers
from callcenter.regions.models import Region, RegionBoundary, RegionLevel
from callcenter.regions.queries import get_region, list_all_regions, list_boundaries
from callcenter.regions.schemas import (
    BoundaryFile,
    BoundaryReport,
    ChangedRegion,
    ChangedWorker,
    Feature,
    FeatureCollection,
    FeatureProperties,
    MovedRegion,
    NewRegion,
    OfVersion,
    RegionView,
    WorkerFile,
    WorkerForm,
    WorkerReport,
    WorkerView,
)

router = APIRouter()
Reader = Annotated[SignedIn, Depends(needs(Permission.REGIONS_READ))]
Writer = Annotated[SignedIn, Depends(needs(Permission.REGIONS_WRITE))]


def region_view(region: Region, has_boundary: bool) -> RegionView:
    return RegionView(
        id=region.id,
        parent_id=region.parent_id,
        level=region.level,
        code=region.code,
        name=region.name,
        short_name=region.short_name,
        sort=region.sort,
        version=region.version,
        retired=region.retired_at is not None,
        has_boundary=has_boundary,
    )


async def _view(session: AsyncSession, region: Region) -> RegionView:
    return region_view(region, await session.get(RegionBoundary, region.id) is not None)


@router.get("/api/regions")
async def list_regions(who: Reader, session: Session) -> list[RegionView]:
    """All of them, parents before children, also those that are retired."""
    return [region_view(region, has_boundary) for region, has_boundary in await list_all_regions(session)]


@router.get("/api/regions/boundaries")
async def get_boundaries(who: Reader, session: Session, response: Response, level: RegionLevel | None = None) -> FeatureCollection:
    """GeoJSON of all regions in use; the same file can be changed and imported again."""
    response.headers["Content-Disposition"] = 'attachment; filename="regions.geojson"'
    return FeatureCollection(
        features=[
            Feature(properties=FeatureProperties.model_validate(region, from_attributes=True), geometry=geometry)
            for region, geometry in await list_boundaries(session, level)
        ]
    )


@router.post("/api/regions/boundaries")
async def import_boundaries(body: BoundaryFile, who: Writer, session: Session, idempotency_key: IdempotencyKey = None) -> BoundaryReport:
    """All features or none; `dry_run` only looks. Up to 4 MB."""

    async def do() -> BoundaryReport:
        return await actions.import_boundaries(session, who.actor, body)

    return await once(session, who.user_id, idempotency_key, "regions:boundaries", body, BoundaryReport, do)


@router.get("/api/regions/map")
async def get_map(who: Reader, session: Session) -> MapCounts:
    """What changes on the map: how many live in each community, and the open cases."""
    return await map_counts(session, who)


@router.post("/api/regions")
async def add_region(body: NewRegion, who: Writer, session: Session, idempotency_key: IdempotencyKey = None) -> RegionView:
    async def do() -> RegionView:
        return region_view(await actions.add_region(session, who.actor, body), False)

    return await once(session, who.user_id, idempotency_key, "region:add", body, RegionView, do)


@router.put("/api/regions/{region_id}")
async def change_region(region_id: uuid.UUID, body: ChangedRegion, who: Writer, session: Session) -> RegionView:
    """Another name goes into the search of all who live there."""
    region, renamed = await actions.change_region(session, who.actor, region_id, body)
    if renamed:
        await follow_places(session, region_id)
    return await _view(session, region)


@router.post("/api/regions/{region_id}/move")
async def move_region(
    region_id: uuid.UUID, body: MovedRegion, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> RegionView:
    async def do() -> RegionView:
        region = await actions.move_region(session, who.actor, region_id, version=body.version, parent_id=body.parent_id)
        await follow_places(session, region_id)
        return await _view(session, region)

    return await once(session, who.user_id, idempotency_key, f"region:move:{region_id}", body, RegionView, do)


@router.post("/api/regions/{region_id}/retire")
async def retire_region(
    region_id: uuid.UUID, body: OfVersion, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> RegionView:
    """409 `elders_live_here`, `region_has_children`. Locked first, counted then: nobody moves in between."""

    async def do() -> RegionView:
        region = await actions.lock_region(session, region_id, version=body.version)
        await actions.retire_region(session, who.actor, region, elders=await count_elders_in(session, region_id))
        return await _view(session, region)

    return await once(session, who.user_id, idempotency_key, f"region:retire:{region_id}", body, RegionView, do)


@router.post("/api/regions/{region_id}/restore")
async def restore_region(
    region_id: uuid.UUID, body: OfVersion, who: Writer, session: Session, idempotency_key: IdempotencyKey = None
) -> RegionView:
    async def do() -> RegionView:
        return await _view(session, await actions.restore_region(session, who.actor, region_id, version=body.version))

    return await once(session, who.user_id, idempotency_key, f"region:restore:{region_id}", body, RegionView, do)


@router.get("/api/regions/{region_id}/panel")
async def get_panel(region_id: uuid.UUID, who: Reader, session: Session) -> RegionPanel:
    return await region_panel(session, who, region_id)


@router.get("/api/regions/{region_id}/boundary")
async def get_boundary(region_id: uuid.UUID, who: Reader, session: Session) -> Feature:
    """404 `no_boundary` when nobody has drawn it."""
    region, boundary = await get_region(session, region_id), await session.get(RegionBoundary, region_id)
    if boundary is None:
        raise NotFound("this region has no boundary yet", code="no_boundary")
    return Feature(properties=FeatureProperties.model_validate(region, from_attributes=True), geometry=boundary.geometry)


# --- grid workers ------------------------------------------------------------------------------------------------------------------


@router.get("/api/grid-workers")
async def list_grid_workers(who: Reader, session: Session) -> list[WorkerView]:
    return await worker_views(session, who.actor)


async def _worker(session: AsyncSession, who: SignedIn, worker_id: uuid.UUID) -> WorkerView:
    (view,) = await worker_views(session, who.actor, only=worker_id)
    return view


@router.post("/api/grid-workers")
async def add_grid_worker(body: WorkerForm, who: Writer, session: Session, idempotency_key: IdempotencyKey = None) -> WorkerView:
    async def do() -> Made:
        return Made(id=(await workers.add_worker(session, who.actor, body)).id)

    made = await once(session, who.user_id, idempotency_key, "grid_worker:add", body, Made, do)
    return await _worker(session, who, made.id)


@router.post("/api/grid-workers/import")
async def import_grid_workers(body: WorkerFile, who: Writer, session: Session, idempotency_key: IdempotencyKey = None) -> WorkerReport:
    """All rows or none; the report says row, column and why."""

    async def do() -> WorkerReport:
        return await workers.import_workers(session, who.actor, body)

    return await once(session, who.user_id, idempotency_key, "grid_worker:import", body, WorkerReport, do)


@router.put("/api/grid-workers/{worker_id}")
async def change_grid_worker(worker_id: uuid.UUID, body: ChangedWorker, who: Writer, session: Session) -> WorkerView:
    await workers.change_worker(session, who.actor, worker_id, body)
    return await _worker(session, who, worker_id)
