"""All writes of regions. Each locks the region's row, raises its version and writes the audit in the same transaction."""

from __future__ import annotations

import re
import uuid
from collections import Counter

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.actor import Actor
from callcenter.accounts.audit import audit
from callcenter.kit import clock, pinyin
from callcenter.kit.errors import Conflict, Invalid, NotFound
from callcenter.kit.ids import new_id
from callcenter.regions.geometry import BadGeometry, checked
from callcenter.regions.models import Region, RegionBoundary, RegionLevel
from callcenter.regions.queries import check_scope, in_scope
from callcenter.regions.schemas import BadFeature, BoundaryFile, BoundaryReport, ChangedRegion, NewRegion

_BELOW = {
    None: RegionLevel.DISTRICT,
    RegionLevel.DISTRICT: RegionLevel.STREET,
    RegionLevel.STREET: RegionLevel.COMMUNITY,
    RegionLevel.COMMUNITY: RegionLevel.GRID,
}
_ENDING = re.compile(r"(?<=.)(?:街道办事处|街道|社区|居委会|村委会|区|县|镇|乡|村)$")


def short_of(name: str) -> str:
    """施营社区 → 施营: as people say it."""
    return _ENDING.sub("", name)


async def add_region(session: AsyncSession, actor: Actor, new: NewRegion) -> Region:
    parent = await _lock_open(session, new.parent_id) if new.parent_id else None
    await check_scope(session, actor, [new.parent_id])
    level = _BELOW.get(parent.level if parent else None)
    if level is None:
        raise Invalid("nothing lies below a grid", code="no_level_below")
    await _refuse_same_name(session, new.parent_id, new.name, but=None)
    short = new.short_name or short_of(new.name)
    row = pg_insert(Region).values(
        id=new_id(), parent_id=new.parent_id, level=level, code=new.code, name=new.name, short_name=short, pinyin=pinyin.of_text(short), sort=new.sort
    )  # fmt: skip
    made = await session.scalar(row.on_conflict_do_nothing(index_elements=["code"]).returning(Region.id))
    if made is None:
        raise _code_taken(new.code)
    await audit(session, actor, "region:added", made, details={"level": level})
    return await session.get_one(Region, made)


async def change_region(session: AsyncSession, actor: Actor, region_id: uuid.UUID, change: ChangedRegion) -> tuple[Region, bool]:
    """The region, and whether its names have changed (the search for those who live there follows them)."""
    region = await lock_region(session, region_id, version=change.version)
    await check_scope(session, actor, [region_id])
    if change.code != region.code and await session.scalar(select(Region.id).where(Region.code == change.code)):
        raise _code_taken(change.code)
    await _refuse_same_name(session, region.parent_id, change.name, but=region_id)
    renamed = (region.name, region.short_name) != (change.name, change.short_name)
    changed = [name for name in ("code", "name", "short_name", "sort") if getattr(region, name) != getattr(change, name)]
    if not changed:
        return region, False
    for name in changed:
        setattr(region, name, getattr(change, name))
    region.pinyin = pinyin.of_text(region.short_name)
    await _touch(session, region)
    await audit(session, actor, "region:changed", region_id, details={"fields": changed})
    return region, renamed


async def move_region(session: AsyncSession, actor: Actor, region_id: uuid.UUID, *, version: int, parent_id: uuid.UUID) -> Region:
    """Under another parent of the same level. With it goes everything below."""
    region = await lock_region(session, region_id, version=version)
    parent = await _lock_open(session, parent_id)
    await check_scope(session, actor, [region_id, parent_id])
    if _BELOW.get(parent.level) is not region.level:
        raise Invalid(f"a {region.level} does not lie below a {parent.level}", code="wrong_level", details={"field": "parent_id"})
    if region.parent_id == parent_id:
        return region
    await _refuse_same_name(session, parent_id, region.name, but=region_id)
    region.parent_id = parent_id
    await _touch(session, region)
    await audit(session, actor, "region:moved", region_id, details={"to": str(parent_id)})
    return region


async def retire_region(session: AsyncSession, actor: Actor, region: Region, *, elders: int) -> Region:
    """`region`: locked, so that nobody moves in meanwhile; `elders`: how many live there or below, counted after the lock. Harmless twice."""
    await check_scope(session, actor, [region.id])
    if elders:
        raise Conflict(f"{elders} elders live there; move them first", code="elders_live_here", details={"count": elders})
    below = await session.scalar(select(func.count()).where(Region.parent_id == region.id, Region.retired_at.is_(None)))
    if below:
        raise Conflict("retire what lies below it first", code="region_has_children", details={"count": below})
    if region.retired_at is None:
        region.retired_at = clock.now()
        await _touch(session, region)
        await audit(session, actor, "region:retired", region.id)
    return region


async def restore_region(session: AsyncSession, actor: Actor, region_id: uuid.UUID, *, version: int) -> Region:
    region = await lock_region(session, region_id, version=version)
    await check_scope(session, actor, [region_id])
    if region.parent_id:
        await _lock_open(session, region.parent_id)
    if region.retired_at is not None:
        region.retired_at = None
        await _touch(session, region)
        await audit(session, actor, "region:restored", region_id)
    return region


async def import_boundaries(session: AsyncSession, actor: Actor, file: BoundaryFile) -> BoundaryReport:
    """All of the file or nothing; the report says what is wrong with each feature. Not in the file: stays as it is."""
    wanted: dict[str, dict[str, object]] = {}
    bad: list[BadFeature] = []
    codes = [_code_of(feature) for feature in file.features]
    locked = select(Region).where(Region.code.in_(codes)).order_by(Region.id).with_for_update(key_share=True)
    known = {region.code: region for region in await session.scalars(locked)}
    hers = await in_scope(session, actor, [region.id for region in known.values()])
    times = Counter(codes)
    for row, (code, feature) in enumerate(zip(codes, file.features, strict=True), 1):
        problem: tuple[str, str] | None = None
        if not code:
            problem = ("no_code", "properties.code is missing")
        elif code not in known:
            problem = ("unknown_code", "no region has this code")
        elif times[code] > 1:
            problem = ("code_twice", "this code stands in the file twice")
        elif known[code].id not in hers:
            problem = ("not_your_region", "this region is not yours")
        else:
            try:
                wanted[code] = checked(feature.get("geometry"))
            except BadGeometry as error:
                problem = (error.reason, str(error))
        if problem:
            bad.append(BadFeature(row=row, code=code, reason=problem[0], message=problem[1]))
    kept_ones = select(RegionBoundary).where(RegionBoundary.region_id.in_([known[code].id for code in wanted]))
    there = {boundary.region_id: boundary.geometry for boundary in await session.scalars(kept_ones)}
    added = [code for code in wanted if known[code].id not in there]
    replaced = [code for code in wanted if known[code].id in there and there[known[code].id] != wanted[code]]
    report = BoundaryReport(
        kept=not bad and not file.dry_run,
        added=len(added),
        replaced=len(replaced),
        unchanged=len(wanted) - len(added) - len(replaced),
        bad=bad[:200],
    )
    if report.kept and (added or replaced):
        rows = [{"region_id": known[code].id, "geometry": wanted[code], "updated_at": clock.now()} for code in [*added, *replaced]]
        put = pg_insert(RegionBoundary)
        changed = {"geometry": put.excluded.geometry, "updated_at": put.excluded.updated_at}
        await session.execute(put.on_conflict_do_update(index_elements=["region_id"], set_=changed), rows)
        await audit(session, actor, "region:boundaries_imported", "", details={"added": len(added), "replaced": len(replaced)})
    return report


async def lock_region(session: AsyncSession, region_id: uuid.UUID, *, version: int | None = None) -> Region:
    """Locked against change and against moving in. Conflict when it is not as one has seen it."""
    region = await session.scalar(select(Region).where(Region.id == region_id).with_for_update().execution_options(populate_existing=True))
    if region is None:
        raise NotFound("no such region", code="region_not_found")
    if version is not None and region.version != version:
        raise Conflict(
            "somebody has changed this region meanwhile; look at it again", code="version_old", details={"version": region.version}
        )
    return region


# --- parts -----------------------------------------------------------------------------------------------------------------------


async def _lock_open(session: AsyncSession, region_id: uuid.UUID) -> Region:
    region = await lock_region(session, region_id)
    if region.retired_at is not None:
        raise Conflict("this region is retired; restore it first", code="region_retired", details={"field": "parent_id"})
    return region


async def _refuse_same_name(session: AsyncSession, parent_id: uuid.UUID | None, name: str, *, but: uuid.UUID | None) -> None:
    same = select(Region.id).where(Region.parent_id.is_not_distinct_from(parent_id), Region.name == name, Region.id.is_distinct_from(but))
    if await session.scalar(same):
        raise Conflict("there is a region of this name beside it", code="name_taken", details={"field": "name"})


async def _touch(session: AsyncSession, region: Region) -> None:
    region.version += 1
    await session.flush()


def _code_of(feature: dict[str, object]) -> str:
    properties = feature.get("properties")
    code = properties.get("code") if isinstance(properties, dict) else None
    return code.strip() if isinstance(code, str) else ""


def _code_taken(code: str) -> Conflict:
    return Conflict(f"{code} is the code of another region", code="code_taken", details={"field": "code"})
